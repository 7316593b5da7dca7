//! Several servers that are one to their clients.
//!
//! A message is published by an [`Adapter`], and done by [`Context::hear_cluster`] at each server
//! that it reaches.
//!
//! [`Context::hear_cluster`]: super::Context::hear_cluster

mod adapter;
mod entries;
mod message;
mod pending;
mod receiving;
mod redis_streams;
mod restoring;
mod servers;
mod sessions;
mod streams;
mod telling;
mod waiting;

pub use self::adapter::Adapter;
pub use self::message::{ClusterKind, ClusterMessage};
pub use self::redis_streams::RedisStreams;
pub use self::servers::{ServerAck, ServerEvent};
pub use self::waiting::{Fetched, FetchedSocket, ServerAnswers};

pub(super) use self::adapter::Cluster;
pub(super) use self::servers::OnServerEvent;
pub(super) use self::streams::Streams;
