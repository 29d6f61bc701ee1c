//! A house from outside: who its issuer vouches for, what its roles may do, what it keeps.

#[cfg(test)]
mod outside;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod trust;
