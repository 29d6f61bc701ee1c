//! A person whose token was judged.
