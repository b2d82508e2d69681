package dev.coracle.watchhub.internal.etcd;

import com.google.protobuf.ByteString;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Txn;
import dev.coracle.watchhub.internal.etcd.v3.Compare;
import dev.coracle.watchhub.internal.etcd.v3.DeleteRangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.PutRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.RequestOp;
import dev.coracle.watchhub.internal.etcd.v3.StoredKey;
import dev.coracle.watchhub.internal.etcd.v3.TxnRequest;

/** Between the contract's records and etcd's messages. */
public final class EtcdCodec {

  private EtcdCodec() {}

  public static ByteString key(String key) {
    return ByteString.copyFromUtf8(key);
  }

  /** What {@code range_end} must be for all keys with a prefix; NUL for everything. */
  public static ByteString endOfPrefix(String prefix) {
    byte[] bytes = ByteString.copyFromUtf8(prefix).toByteArray();
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] != (byte) 0xFF) {
        bytes[i]++;
        return ByteString.copyFrom(bytes, 0, i + 1);
      }
    }
    return ByteString.copyFrom(new byte[1]);
  }

  public static KeyValue keyValue(StoredKey k) {
    return new KeyValue(
        k.getKey().toStringUtf8(),
        k.getValue().toByteArray(),
        k.getCreateRevision(),
        k.getModRevision(),
        k.getVersion(),
        k.getLease());
  }

  public static StoredKey.Builder storedKey(KeyValue kv) {
    return StoredKey.newBuilder()
        .setKey(key(kv.key()))
        .setValue(ByteString.copyFrom(kv.value()))
        .setCreateRevision(kv.createRevision())
        .setModRevision(kv.modRevision())
        .setVersion(kv.version())
        .setLease(kv.lease());
  }

  public static TxnRequest txn(Txn txn) {
    TxnRequest.Builder request = TxnRequest.newBuilder();
    txn.compares().forEach(c -> request.addCompare(compare(c)));
    txn.then().forEach(op -> request.addSuccess(op(op)));
    txn.otherwise().forEach(op -> request.addFailure(op(op)));
    return request.build();
  }

  private static Compare.Builder compare(Txn.Compare c) {
    Compare.Builder compare = Compare.newBuilder().setKey(key(c.key()));
    compare.setResult(
        switch (c.relation()) {
          case EQUAL -> Compare.CompareResult.EQUAL;
          case NOT_EQUAL -> Compare.CompareResult.NOT_EQUAL;
          case GREATER -> Compare.CompareResult.GREATER;
          case LESS -> Compare.CompareResult.LESS;
        });
    return switch (c.target()) {
      case CREATE_REVISION ->
          compare.setTarget(Compare.CompareTarget.CREATE).setCreateRevision(c.number());
      case MOD_REVISION -> compare.setTarget(Compare.CompareTarget.MOD).setModRevision(c.number());
      case VERSION -> compare.setTarget(Compare.CompareTarget.VERSION).setVersion(c.number());
      case LEASE -> compare.setTarget(Compare.CompareTarget.LEASE).setLease(c.number());
    };
  }

  private static RequestOp op(Txn.Op op) {
    RequestOp.Builder request = RequestOp.newBuilder();
    return switch (op) {
      case Txn.Op.Put p ->
          request
              .setRequestPut(
                  PutRequest.newBuilder()
                      .setKey(key(p.key()))
                      .setValue(ByteString.copyFrom(p.value()))
                      .setLease(p.lease()))
              .build();
      case Txn.Op.Delete d ->
          request
              .setRequestDeleteRange(
                  DeleteRangeRequest.newBuilder().setKey(key(d.key())).setPrevKv(true))
              .build();
      case Txn.Op.Get g ->
          request.setRequestRange(RangeRequest.newBuilder().setKey(key(g.key()))).build();
    };
  }
}
