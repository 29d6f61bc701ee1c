//! The binaries as Lambda runs them: started with an environment, and given events by a runtime
//! interface.

#[cfg(test)]
mod configuring;
#[cfg(test)]
mod invoking;
#[cfg(test)]
mod process;
