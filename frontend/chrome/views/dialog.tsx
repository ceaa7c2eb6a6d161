/** What all dialogs of the account's menu share: a card over the window, with the keyboard, that Escape closes. */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface DialogProps {
  title: ComponentChildren;
  testId: string;
  /** Further classes of the card. */
  look?: string;
  titleLook?: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** Close a dialog that this says is open; the keyboard goes back to the menu that opened it. */
export function closing(isOpen: Signal<boolean>): () => void {
  return () => {
    isOpen.value = false;
    document.querySelector<HTMLElement>("[data-testid=account-menu-button]")?.focus();
  };
}

export function Dialog({ title, testId, look = "", titleLook, onClose, children }: DialogProps) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => card.current?.focus(), []);
  const titleId = `${testId}-title`;
  return (
    <div
      class="overlay overlay-form"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div
        ref={card}
        class={look === "" ? "card" : `card ${look}`}
        role="dialog"
        aria-modal="true"
        aria-labelledby={titleId}
        tabIndex={-1}
        data-testid={testId}
      >
        <h1 id={titleId} class={titleLook}>
          {title}
        </h1>
        {children}
      </div>
    </div>
  );
}
