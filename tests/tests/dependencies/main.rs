//! What Postern is built of: licences, sources, who may depend on what, and the page that gives
//! the reasons. All of it is read from Cargo itself, so a manifest cannot say one thing and the
//! build do another.

#[cfg(test)]
mod deny;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod licence;
