//! The ledger on the wire: real requests of the SDK, answered by the stand-in's DynamoDB.

#[cfg(test)]
mod arranged;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod due;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod items;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod races;
#[cfg(test)]
mod table;
