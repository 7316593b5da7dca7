"""A client in the shape of seed 000's: lines from the terminal, messages to the terminal."""

import sys

import socketio

sio = socketio.Client()
sio.connect(sys.argv[1])


@sio.on("message")
def handle_message(message):
    print(message, flush=True)


print("ready", flush=True)
try:
    while True:
        message = input()
        sio.emit("message", message)
except EOFError:
    sio.disconnect()
