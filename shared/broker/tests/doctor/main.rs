//! The doctor over the wire: real SDK clients read a stand-in AWS, with IAM in force.

#[cfg(test)]
mod broken;
#[cfg(test)]
mod elsewhere;
#[cfg(test)]
mod house;
#[cfg(test)]
mod network;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod sound;
#[cfg(test)]
mod unread;
