//! Slow work beside a server: `cargo run --example slow_work`, then a Socket.IO client at
//! <http://127.0.0.1:3000> that asks `socket.emit("is prime", 1000003, (answer) => …)`. The loop
//! hands each number to a worker and never waits for it.

use mio_socketio::{Ack, Listen, Listening, Remote, Server};
use std::error::Error;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

/// Numbers that may wait for the worker.
const JOBS_MAX: usize = 100;

/// A number, and the right to answer its question.
type Job = (u64, Option<Ack>);

struct App {
    jobs: SyncSender<Job>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (jobs, to_do) = sync_channel(JOBS_MAX);
    let mut server = server(jobs);
    let remote = server.remote();
    let worker = thread::spawn(move || work(&to_do, &remote));
    let listen = Listen::default().http(vec!["127.0.0.1:3000".parse()?]);
    let state = Listening::open(&listen)?.serve_until_signal(server)?;
    // Without its queue the worker ends.
    drop(state);
    worker.join().map_err(|_| "the worker has panicked")?;
    Ok(())
}

fn server(jobs: SyncSender<Job>) -> Server<App> {
    Server::new(App { jobs }, |server| {
        server.namespace("/", |events| {
            events.on_args("is prime", |cx, event, number: u64| {
                match cx.state.jobs.try_send((number, event.ack)) {
                    Ok(()) => (),
                    Err(TrySendError::Full((_, ack)) | TrySendError::Disconnected((_, ack))) => {
                        cx.ack(ack, ("too much to do",));
                    }
                }
            })
        })
    })
}

fn work(to_do: &Receiver<Job>, remote: &Remote<App>) {
    for (number, ack) in to_do {
        let is_prime =
            number > 1 && (2..).take_while(|by| *by <= number / *by).all(|by| number % by != 0);
        if remote.run(move |cx| cx.ack(ack, (is_prime,))).is_err() {
            return;
        }
    }
}
