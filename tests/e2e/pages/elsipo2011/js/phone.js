// The program of a 2011 page. Everything that it hears is also kept in "heard", for whoever looks.
var heard = [];
var lastAnswer = null;

function note(name, parameters) {
  heard[heard.length] = name + '(' + Array.prototype.slice.call(parameters).join(', ') + ')';
}

function said(answer) {
  lastAnswer = answer;
}

function show(id, text) {
  document.getElementById(id).innerHTML = text;
}

function whenLoaded() {
  show('reg_state', 'offline (' + sip.name() + ' ' + sip.version() + ')');
  sip.registerJSCallback('register_ok', function () {
    note('registered callback', arguments);
  });
}

function toggleRegistration() {
  said(sip.doSIPRegistration());
  show('reg_state', lastAnswer < 0 ? 'no' : 'wait');
}

function dial() {
  said(sip.doCall(document.getElementById('number').value));
  if (lastAnswer < 0) alert('Cannot call');
  else show('call_state', 'calling');
}

function send() {
  var to = document.getElementById('to').value;
  said(sip.sendIM(to, document.getElementById('text').value));
}

function sipcb_register_ok() {
  note('register_ok', arguments);
  show('reg_state', sip.getSIPRegistrationStatus() == 1 ? 'online' : 'offline');
}

function sipcb_register_failed() {
  note('register_failed', arguments);
  show('reg_state', 'failed');
}

function sipcb_alert(text) {
  note('alert', arguments);
  alert('Elsipo: ' + text);
}

function sipcb_message(from, type, body) {
  var element = from.match(/^<sip:id-([^@]+)@/);
  if (element) {
    show(element[1], body);
    return;
  }
  note('message', arguments);
  document.getElementById('talk').value += from + ': ' + body + '\n';
}

function sipcb_message_failed(uri, code, reason) {
  note('message_failed', arguments);
  document.getElementById('talk').value += 'NOT SENT to ' + uri + ': ' + code + ' ' + reason + '\n';
}

function sipcb_call_in(uri) {
  note('call_in', arguments);
  show('call_state', 'call from ' + uri.replace(/</g, '&lt;'));
}

function sipcb_call_ended() {
  note('call_ended', arguments);
  show('call_state', 'ended');
}
