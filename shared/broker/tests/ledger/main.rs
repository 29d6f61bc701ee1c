//! The ledger on the wire: real requests of the SDK, answered by the stand-in's DynamoDB.

#[cfg(test)]
mod arranged;
#[cfg(test)]
mod races;
