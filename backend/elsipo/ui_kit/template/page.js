// All that `elsipo` can do is in the SDK's reference, frontend/sdk/REFERENCE.md in Elsipo's sources.
"use strict";

const element = (id) => document.getElementById(id);

function happened(text) {
  const item = document.createElement("li");
  item.textContent = text;
  element("events").prepend(item);
}

function attempt(promise) {
  element("problem").textContent = "";
  promise.catch((error) => (element("problem").textContent = error.message));
}

elsipo.on("registration.state_changed", ({ registration }) => {
  element("state").textContent = registration.state;
});
elsipo.on("message.received", ({ message }) => happened(`${message.peer_display || message.peer}: ${message.body}`));
elsipo.on("call.state_changed", ({ call }) => happened(`Call with ${call.peer_display || call.peer}: ${call.state}`));

element("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = element("body").value;
  if (body === "") return;
  attempt(elsipo.message.send({ to: element("to").value, body }).then(() => (element("body").value = "")));
});
element("call").addEventListener("click", () => attempt(elsipo.call.dial({ target: element("to").value })));

elsipo.ready.then(async () => {
  element("state").textContent = (await elsipo.registration.get()).state;
});
