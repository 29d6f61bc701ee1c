//! The service as real SDK clients see it: every call is serialised, signed, judged and answered.

#[cfg(test)]
mod doors;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod networks;
#[cfg(test)]
mod objects;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tags;
