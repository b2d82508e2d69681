package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;

/**
 * Takes off the two bytes with the port number that begin each channel of the WebSocket
 * port-forward protocol.
 */
final class WithoutPortPrefix implements ChannelLink {
  private final ChannelLink link;
  private final int[] skip = {2, 2};

  WithoutPortPrefix(ChannelLink link) {
    this.link = link;
  }

  @Override
  public void start(Listener listener) {
    link.start(
        new ForwardingListener(listener) {
          @Override
          public void data(int channel, Buffer bytes) {
            if (channel > Channels.FORWARD_ERROR) {
              return;
            }
            int cut = Math.min(skip[channel], bytes.length());
            skip[channel] -= cut;
            if (cut < bytes.length()) {
              super.data(channel, bytes.getBuffer(cut, bytes.length()));
            }
          }
        });
  }

  @Override
  public void send(int channel, Buffer bytes) {
    link.send(channel, bytes);
  }

  @Override
  public void end(int channel) {
    link.end(channel);
  }

  @Override
  public boolean writeQueueFull(int channel) {
    return link.writeQueueFull(channel);
  }

  @Override
  public void pause(int channel) {
    link.pause(channel);
  }

  @Override
  public void resume(int channel) {
    link.resume(channel);
  }

  @Override
  public void close() {
    link.close();
  }
}
