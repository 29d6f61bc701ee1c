//! What is in force, on the wire: the policy set and the on-call feed are read through real SDK
//! clients from the stand-in, by a role that may read them and nothing else.

#[cfg(test)]
mod arranged;
#[cfg(test)]
mod on_call;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod ruling;
