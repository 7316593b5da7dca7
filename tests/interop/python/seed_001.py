"""A client in the shape of seed 001's: prints each message, and answers it."""

import sys

import socketio

sio = socketio.Client()


@sio.event
def connect():
    print("connection established", flush=True)


@sio.event
def message(data):
    print("message received with", data, flush=True)
    sio.emit("response", {"response": "my response"})


@sio.event
def disconnect():
    print("disconnected from server", flush=True)


sio.connect(sys.argv[1])
sio.wait()
