//! The AWS services on the wire: every call is serialised, signed, judged by policy and answered
//! by the stand-in, so what is asserted here is what AWS would see.

#[cfg(test)]
mod arranged;
#[cfg(test)]
mod iam;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod places;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod ssm;
#[cfg(test)]
mod sts;
