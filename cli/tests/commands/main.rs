//! The commands as people meet them: run as processes, with what they print and their exit codes.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod audit_page;
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod on_call;
#[cfg(test)]
mod page;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod ran;
#[cfg(test)]
mod simulate;
