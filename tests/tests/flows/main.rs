//! Whole flows: the functions as they are deployed, over real HTTP and the AWS SDK's own wire,
//! against the stand-in AWS, with the clock moved by hand.
//!
//! Every test has a world of its own ([`scene`]) and goes in by the doors that people use. Only
//! what nobody outside could see, such as the calls that reached AWS, is read from the stand-in.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod aws_cli;
#[cfg(test)]
mod bypasses;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hybrid;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod local_run;
#[cfg(test)]
mod log;
#[cfg(test)]
mod log_lines;
#[cfg(test)]
mod one_grant;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod policy_loading;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod terms;
#[cfg(test)]
mod trouble;
