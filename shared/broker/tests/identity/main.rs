//! Identity on the wire: keys made at run time, an issuer on loopback that serves them and counts
//! how often it is asked, and a clock that is set by hand.
//!
//! Every sentence of the threat model on tokens and key sets is a test here. A token that is
//! refused is a good one but for the one thing that the test is about, and is signed as it stands,
//! so nothing but that one thing can be the reason.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod fetches;
#[cfg(test)]
mod form;
#[cfg(test)]
mod issuer;
#[cfg(test)]
mod key_sets;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod setting;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod signing;
