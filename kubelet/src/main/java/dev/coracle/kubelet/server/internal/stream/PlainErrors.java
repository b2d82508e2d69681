package dev.coracle.kubelet.server.internal.stream;

import io.vertx.core.buffer.Buffer;

/**
 * Puts the error channel of a client that speaks a version before 4 right: it expects the plain
 * text of a failure and nothing for success, where the runtime sends a Status.
 */
final class PlainErrors implements ChannelLink {
  private static final int MAX = 64 * 1024;

  private final ChannelLink link;
  private final Buffer status = Buffer.buffer();
  private boolean told;

  PlainErrors(ChannelLink link) {
    this.link = link;
  }

  @Override
  public void start(Listener listener) {
    link.start(listener);
  }

  @Override
  public void send(int channel, Buffer bytes) {
    if (channel != Channels.ERROR) {
      link.send(channel, bytes);
    } else if (status.length() + bytes.length() <= MAX) {
      status.appendBuffer(bytes);
    }
  }

  @Override
  public void end(int channel) {
    if (channel == Channels.ERROR) {
      tell();
    }
    link.end(channel);
  }

  private void tell() {
    if (!told) {
      told = true;
      String message = status.length() == 0 ? "" : StatusJson.message(status);
      if (!message.isEmpty()) {
        link.send(Channels.ERROR, Buffer.buffer(message));
      }
    }
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
    tell();
    link.close();
  }
}
