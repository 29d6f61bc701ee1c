//! All of Postern on one machine: the stand-in AWS, an OIDC issuer, and the story.
//!
//! A [`House`](house::House) is a whole deployment on loopback: the routers of the functions `api`
//! and `issue`, the sweeper, an issuer of tokens ([`issuer`]) for a handful of persons
//! ([`people`]), and an AWS account ([`account`]) in which each function has a role of its own.
//! What runs in it is what is deployed, configured as a deployment is ([`environment`]); only what
//! is around it is played. The [`story`] is told over HTTP and the AWS SDK's own wire, and checks
//! all that it says.

pub mod account;
pub mod arguments;
pub mod environment;
pub mod house;
pub mod issuer;
pub mod people;
pub mod screen;
pub mod slack;
pub mod story;
pub mod surroundings;
