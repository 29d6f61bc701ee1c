//! A house from outside: who its issuer vouches for, what its roles may do, what it keeps.

mod outside;
mod restart;
mod roles;
mod story;
mod tokens;
mod trust;
