/** Opens the device's own share sheet. True when the link was handed on. */
export async function shareLink(text: string, url: string): Promise<boolean> {
  try {
    await navigator.share({ text, url });
    return true;
  } catch (reason) {
    // Closing the share sheet is an answer, not a failure (Web Share API, "AbortError").
    if (!(reason instanceof DOMException && reason.name === 'AbortError')) throw reason;
    return false;
  }
}
