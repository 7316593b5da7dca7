//! Settings that change when SIGHUP comes.

use mio_socketio::testing::{Client, ConnectError, TestServer};
use mio_socketio::{
    AddressLimits, CloseReason, EngineSettings, Events, Hosts, LineSettings, Origins, Proxies,
    Rate, Server, SocketId,
};
use serde_json::Value;
use std::net::IpAddr;

fn elsewhere() -> IpAddr {
    IpAddr::from([192, 0, 2, 7])
}

/// The answer to a page of `origin` that connects through a proxy elsewhere, which was asked for
/// `chat.example`.
fn answer(world: &mut TestServer<u32>, origin: &str) -> Result<Client, ConnectError> {
    let dial = world.dial("/").from(elsewhere()).header("X-Forwarded-For", "198.51.100.7");
    dial.header("X-Forwarded-Host", "chat.example").header("Origin", origin).connect()
}

#[test]
fn origins_hosts_and_proxies_change_and_clients_stay() {
    let (old, new) = ("https://old.example", "https://new.example");
    let server = Server::builder()
        .origins(Origins::new([old.to_owned()]))
        .hosts(Hosts::new(["chat.example"]))
        .proxies(Proxies::new(["192.0.2.0/24".parse().expect("a network")]))
        .namespace("/", |events: Events<u32>| events)
        .on_hangup(move |cx| {
            *cx.state += 1;
            match *cx.state {
                1 => cx.set_origins(Origins::new([new.to_owned()])),
                2 => cx.set_hosts(Hosts::new(["talk.example"])),
                _ => cx.set_proxies(Proxies::default()),
            }
        })
        .build(0);
    let mut world = TestServer::new(server);
    let stays = answer(&mut world, old).expect("it may");
    assert_eq!(answer(&mut world, new), Err(ConnectError::Status(403)));
    world.hang_up();
    assert_eq!(answer(&mut world, old), Err(ConnectError::Status(403)));
    answer(&mut world, new).expect("it may now");
    world.hang_up();
    assert_eq!(answer(&mut world, new), Err(ConnectError::Status(421)), "another host");
    world.hang_up();
    answer(&mut world, new).expect("the proxy is not believed, and the host is localhost");
    assert!(world.is_open(stays));
    world.stop();
    world.hang_up();
    assert_eq!(*world.state(), 3, "the server has ended");
}

/// Events that the server has handled of 100 that a client sends in one moment.
fn handled_of_100(world: &mut TestServer<u32>) -> u32 {
    let before = *world.state();
    let client = world.connect("/", Value::Null).expect("anybody may");
    (0..100).for_each(|_| world.emit(client, "post", ()));
    *world.state() - before
}

#[test]
fn the_pace_changes_for_clients_that_are_there_and_for_new_ones() {
    let server = Server::builder()
        .line_door(LineSettings::default().rate_per_s(2))
        .engine(EngineSettings::default().rate_per_s(2))
        .namespace("/", |events: Events<u32>| events.on("post", |cx, _| *cx.state += 1))
        .on_line(|cx, _, _| *cx.state += 1)
        .on_hangup(|cx| cx.set_rate_per_s(0))
        .build(0);
    let mut world = TestServer::new(server);
    let few = handled_of_100(&mut world);
    assert!((1..20).contains(&few), "{few}");
    let there = world.connect("/", Value::Null).expect("anybody may");
    let lines = world.connect_line();
    world.hang_up();
    assert_eq!(handled_of_100(&mut world), 100);
    let before = *world.state();
    (0..100).for_each(|_| world.emit(there, "post", ()));
    (0..100).for_each(|_| world.say(lines, "hi"));
    assert_eq!(*world.state() - before, 200);
}

#[test]
fn the_rates_of_an_address_change() {
    let slow = Rate::per_second(1, 10);
    let server = Server::builder()
        .addresses(AddressLimits::default().posts(slow))
        .namespace("/", |events: Events<u32>| events.on("post", |cx, _| *cx.state += 1))
        .on_hangup(|cx| cx.set_address_rates(&AddressLimits::default()))
        .build(0);
    let mut world = TestServer::new(server);
    let post = |world: &mut TestServer<u32>, ip: IpAddr| {
        let client = world.dial("/").from(ip).connect().expect("anybody may");
        let before = *world.state();
        (0..100).for_each(|_| world.emit(client, "post", ()));
        *world.state() - before
    };
    assert!(post(&mut world, elsewhere()) < 20);
    world.hang_up();
    assert_eq!(post(&mut world, IpAddr::from([192, 0, 2, 8])), 100);
}

#[test]
fn a_handler_may_send_clients_away() {
    let server = Server::builder()
        .namespace("/", |events: Events<Vec<SocketId>>| {
            events.on_connect(|cx, connect| {
                cx.state.push(connect.socket);
                Ok(())
            })
        })
        .on_hangup(|cx| {
            for socket in std::mem::take(cx.state) {
                cx.close(socket, CloseReason::ServerDisconnect);
            }
        })
        .build(Vec::new());
    let mut world = TestServer::new(server);
    let client = world.connect("/", Value::Null).expect("anybody may");
    world.hang_up();
    assert_eq!(world.why(client), Some(CloseReason::ServerDisconnect));
}
