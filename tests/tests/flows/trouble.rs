//! What goes wrong: functions that are killed, calls that fail, people and sweeps at the same time,
//! listings that lag, logs that do not come.
//!
//! Whatever happens, no credentials exist without a record before them, none leave after the end,
//! nothing is stuck, and every audit chain is whole ([`reckoning`]).

#[cfg(test)]
mod burdens;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod overlaps;
#[cfg(test)]
mod races;
#[cfg(test)]
mod rechecks;
#[cfg(test)]
mod reckoning;
#[cfg(test)]
mod restarts;
