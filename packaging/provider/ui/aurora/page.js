"use strict";
const say = (id, text) => (document.getElementById(id).textContent = text);
const attempt = (work) => work().then(
  () => say("problem", ""),
  (error) => say("problem", error.message),
);
const show = ({ registration }) => say("state", `You are ${registration.state}.`);

elsipo.on("registration.state_changed", show);
document.getElementById("call").onclick = () => attempt(() => elsipo.call.dial({ target: "echo" }));
document.getElementById("ask").onclick = () =>
  attempt(() => elsipo.service.request({ service: "stats", element_id: "i_stats" }));
elsipo.ready.then(() => elsipo.registration.get()).then((registration) => {
  show({ registration });
  // For whoever measures how soon a page can be used.
  requestAnimationFrame(() => performance.mark("elsipo.usable"));
});
