//! `postern`: the person's tool.

fn main() {}
