package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class FlushTogetherTest {

  private final EmbeddedChannel channel = new EmbeddedChannel(new FlushTogether());

  private void send(int bytes) {
    channel.pipeline().writeAndFlush(Unpooled.wrappedBuffer(new byte[bytes]));
  }

  private int sent() {
    return channel.outboundMessages().size();
  }

  @Test
  void whatIsWrittenInOneGoLeavesWhenTheLoopIsThrough() {
    // An embedded channel does what is due at every write, so both writes come first.
    channel.pipeline().write(Unpooled.wrappedBuffer(new byte[10]));
    send(10);
    channel.pipeline().flush();
    assertThat(sent()).isZero();
    channel.runPendingTasks();
    assertThat(sent()).isEqualTo(2);
    send(10);
    channel.runPendingTasks();
    assertThat(sent()).isEqualTo(3);
  }

  @Test
  void aRecordsWorthLeavesAtOnce() {
    channel.pipeline().write(Unpooled.wrappedBuffer(new byte[16_000]));
    send(1000);
    assertThat(sent()).isEqualTo(2);
    channel.runPendingTasks();
    assertThat(sent()).isEqualTo(2);
  }

  @Test
  void nothingIsLostWhenTheChannelCloses() {
    send(10);
    channel.pipeline().close();
    assertThat(sent()).isEqualTo(1);
  }
}
