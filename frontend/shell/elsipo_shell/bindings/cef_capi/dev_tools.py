"""Chromium's DevTools: windows of their own for the browsers of ours.

Only a person opens them, by key or menu; a document has no way here. What their front-end may not do (open windows,
choose files, leave its own address) is refused by the same handlers as for a document.

Chromium attaches DevTools to the whole browser, of which the page is a frame. So a script in their own front-end points
them at the page: its document in Elements, its context in the console, also when the page is loaded again.
"""

from __future__ import annotations

import ctypes
import json
from typing import TYPE_CHECKING

from cef_capi import header

from elsipo_shell.x11 import X11Window

from . import refs

if TYPE_CHECKING:
    from typing import Any, Dict

    from elsipo_shell.bindings.interface import DevToolsSubject

ADDRESS = "devtools://devtools/"
_TITLE = "Developer tools \u2013 Elsipo"
_WIDTH_PX, _HEIGHT_PX = 1000, 720

# Modules of Chromium's front-end: another version may have others, and then DevTools show what they show by themselves.
_POINT_AT = """
(async (subject) => {
  const base = "devtools://devtools/bundled/";
  const names = ["core/sdk/sdk.js", "ui/legacy/legacy.js", "core/common/common.js"];
  const [SDK, UI, Common] = await Promise.all(names.map((name) => import(base + name)));
  const { RuntimeModel } = SDK.RuntimeModel;
  const targets = SDK.TargetManager.TargetManager.instance();
  const frames = SDK.FrameManager.FrameManager.instance();
  const isWanted = (context) => {
    const frame = context.isDefault && context.frameId ? frames.getFrame(context.frameId) : null;
    if (!frame) return false;
    // The chrome lays out the page, and nothing else, in a frame.
    const outer = frame.parentFrame();
    return self.elsipoSubject === "chrome" ? !outer : Boolean(outer) && !outer.parentFrame();
  };
  const choose = (context) => {
    if (isWanted(context)) UI.Context.Context.instance().setFlavor(SDK.RuntimeModel.ExecutionContext, context);
  };
  const reveal = async (context) => {
    const frame = frames.getFrame(context.frameId);
    const dom = frame.resourceTreeModel().domModel();
    const owner = frame.isMainFrame() ? null : await frame.getOwnerDOMNodeOrDocument();
    const root = owner ? owner.contentDocument() : await dom.requestDocument();
    await Common.Revealer.reveal((root && root.body) || root);
  };
  const isFirst = self.elsipoSubject === undefined;
  self.elsipoSubject = subject;
  const created = SDK.RuntimeModel.Events.ExecutionContextCreated;
  if (isFirst) targets.addModelListener(RuntimeModel, created, ({ data }) => choose(data));
  const find = () => targets.models(RuntimeModel).flatMap((model) => model.executionContexts()).find(isWanted);
  const found = find() || (await new Promise((resolve) => {
    const look = () => {
      const context = find();
      if (!context) return;
      targets.removeModelListener(RuntimeModel, created, look);
      resolve(context);
    };
    targets.addModelListener(RuntimeModel, created, look);
  }));
  choose(found);
  await reveal(found);
})(%s).catch((error) => console.warn("the subject was not found", error));
"""


class DevTools:
    """The DevTools of all windows.

    Args:
        client: CEF's client, which serves all browsers.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._fronts: Dict[int, Any] = {}
        self._subjects: Dict[int, DevToolsSubject] = {}
        self._owners: Dict[int, int] = {}
        self._opening = 0

    def show(self, browser: Any, subject: DevToolsSubject) -> None:
        """Open them for a browser, or bring them to the front, and point them at something."""
        owner = refs.invoke(browser, "get_identifier")
        self._subjects[owner] = subject
        info = header.cef_window_info_t()
        refs.set_text(info, "window_name", _TITLE)
        info.bounds.width, info.bounds.height = _WIDTH_PX, _HEIGHT_PX
        info.runtime_style = header.CEF_RUNTIME_STYLE_ALLOY
        settings = header.cef_browser_settings_t()
        settings.size = ctypes.sizeof(settings)
        self._opening = owner
        try:
            with refs.owned(refs.invoke(browser, "get_host"), header.cef_browser_host_t) as host:
                refs.invoke(host, "show_dev_tools", info, self._client, settings, None)
        finally:
            self._opening = 0
        if owner in self._fronts:
            self._point(owner)

    def adopt(self, browser: Any) -> None:
        """A browser was made: if it is that of DevTools, it is known from now on."""
        if not self._opening:
            return
        self._owners[refs.invoke(browser, "get_identifier")] = self._opening
        with refs.owned(refs.invoke(browser, "get_host"), header.cef_browser_host_t) as host:
            native = X11Window(refs.invoke(host, "get_window_handle"))
        native.set_class("elsipo", "Elsipo")
        native.set_title(_TITLE)

    def loaded(self, browser: Any) -> None:
        """A frame of a browser has loaded: the front-end of DevTools has but one."""
        owner = self._owners.get(refs.invoke(browser, "get_identifier"))
        if owner is not None and owner not in self._fronts:
            refs.add_ref(browser)
            self._fronts[owner] = browser
            self._point(owner)

    def forget(self, browser: Any) -> None:
        """A browser is gone."""
        owner = self._owners.pop(refs.invoke(browser, "get_identifier"), None)
        if owner is not None:
            self._subjects.pop(owner, None)
        if owner in self._fronts:
            refs.release(self._fronts.pop(owner))

    def _point(self, owner: int) -> None:
        with refs.owned(refs.invoke(self._fronts[owner], "get_main_frame"), header.cef_frame_t) as frame:
            code = _POINT_AT % json.dumps(self._subjects[owner])
            refs.invoke(frame, "execute_java_script", refs.text(code), refs.text("elsipo:shell"), 1)

    def may_navigate(self, browser: Any, url: str) -> bool:
        """Whether this is a browser of DevTools, and the address their own."""
        known = bool(self._opening) or refs.invoke(browser, "get_identifier") in self._owners
        return known and url.startswith(ADDRESS)
