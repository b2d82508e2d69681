package dev.coracle.watchhub.internal.hub;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Hands batches over by reference; they never leave the process. */
public final class HubBatchCodec implements MessageCodec<HubBatch, HubBatch> {

  public static final String NAME = "coracle-hub-batch";

  @Override
  public void encodeToWire(Buffer buffer, HubBatch batch) {
    throw new UnsupportedOperationException("hub batches are local");
  }

  @Override
  public HubBatch decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException("hub batches are local");
  }

  @Override
  public HubBatch transform(HubBatch batch) {
    return batch;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
