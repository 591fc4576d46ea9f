//! The rooms' functions together, on observations written down by hand.

mod canonical;
mod claims;
mod example;
mod hang;
mod judge;
mod probe;
mod snapshot;
mod stopped;
mod together;
