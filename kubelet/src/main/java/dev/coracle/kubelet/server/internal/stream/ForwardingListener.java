package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Passes everything on; for decorators that change one thing. */
class ForwardingListener implements ChannelLink.Listener {
  private final ChannelLink.Listener listener;

  ForwardingListener(ChannelLink.Listener listener) {
    this.listener = listener;
  }

  @Override
  public void data(int channel, Buffer bytes) {
    listener.data(channel, bytes);
  }

  @Override
  public void ended(int channel) {
    listener.ended(channel);
  }

  @Override
  public void drained() {
    listener.drained();
  }

  @Override
  public void closed(@Nullable Throwable cause) {
    listener.closed(cause);
  }

  @Override
  public void gone() {
    listener.gone();
  }
}
