//! Layer 1: the only layer that knows mio, sockets and the clock.
//!
//! [`Reactor`] is the loop, [`World`] its source of everything from outside, [`System`] the world
//! of a process. [`Connections`] is the part that needs no poll, so that a test can drive the same
//! code with sockets and a clock of its own. [`Service`] is the interface to the layers above.

mod bell;
mod budget;
mod certificates;
mod clock;
mod connection;
mod connections;
mod listener;
mod places;
#[cfg(feature = "tls")]
mod prelude;
mod reactor;
mod remote;
mod service;
mod signals;
mod socket_file;
mod stream;
mod supervision;
mod system;
#[cfg(feature = "tls")]
mod tls;
mod world;

pub use bell::Bell;
pub use budget::{Budget, Longest, Meter, Phase};
pub use certificates::{BadFile, CertificateFiles, Certificates, Secured};
pub use clock::{Clock, Stopwatch};
pub use connection::{Transport, Wants};
pub use connections::Connections;
pub use listener::{InheritedListener, ListenAddress, Listener, UserOf};
pub use reactor::Reactor;
pub use remote::RemoteAddress;
pub use service::{
    Bounds, SECURE_REFUSED_LISTENER, SECURE_SPARE_LISTENER, SPARE_LISTENER, Service, Turn, Unopened,
};
pub use stream::Stream;
pub use supervision::{Supervised, Supervision};
pub use system::System;
pub use world::{Edge, World};
