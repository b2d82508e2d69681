package dev.coracle.watchhub.internal.etcd;

import com.google.protobuf.ByteString;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.internal.embedded.Engine;
import dev.coracle.watchhub.internal.embedded.Mutation;
import dev.coracle.watchhub.internal.etcd.v3.Compare;
import dev.coracle.watchhub.internal.etcd.v3.DeleteRangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.DeleteRangeResponse;
import dev.coracle.watchhub.internal.etcd.v3.PutRequest;
import dev.coracle.watchhub.internal.etcd.v3.PutResponse;
import dev.coracle.watchhub.internal.etcd.v3.RangeRequest;
import dev.coracle.watchhub.internal.etcd.v3.RangeResponse;
import dev.coracle.watchhub.internal.etcd.v3.RequestOp;
import dev.coracle.watchhub.internal.etcd.v3.ResponseHeader;
import dev.coracle.watchhub.internal.etcd.v3.ResponseOp;
import dev.coracle.watchhub.internal.etcd.v3.StoredKey;
import dev.coracle.watchhub.internal.etcd.v3.TxnRequest;
import dev.coracle.watchhub.internal.etcd.v3.TxnResponse;
import io.smallrye.mutiny.Uni;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.StatusException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * etcd's KV service on the embedded engine: reads at a revision, writes as one edit on its writer.
 */
final class EtcdKv {

  private static final ByteString TO_THE_END = ByteString.copyFrom(new byte[1]);

  /** etcd's default for {@code --max-txn-ops}. */
  private static final int MOST_OPERATIONS = 128;

  private final Engine engine;

  EtcdKv(Engine engine) {
    this.engine = engine;
  }

  static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(1)
        .setMemberId(1)
        .setRevision(revision)
        .setRaftTerm(1)
        .build();
  }

  Uni<RangeResponse> range(RangeRequest request) {
    checkKey(request.getKey());
    boolean plain = isPlain(request);
    Uni<dev.coracle.watchhub.Range> found =
        engine.range(
            request.getKey().toStringUtf8(),
            end(request.getKey(), request.getRangeEnd()),
            plain ? request.getLimit() : 0,
            request.getRevision());
    return engine
        .revision()
        .chain(now ->
            found.map(range ->
                answer(
                    request,
                    range.items(),
                    range.more(),
                    range.count(),
                    Math.max(now, range.revision()))));
  }

  /** No order but that of the keys, no bounds on revisions: the limit can be left to the engine. */
  private static boolean isPlain(RangeRequest r) {
    return (r.getSortOrder() == RangeRequest.SortOrder.NONE
            || r.getSortOrder() == RangeRequest.SortOrder.ASCEND
                && r.getSortTarget() == RangeRequest.SortTarget.KEY)
        && r.getMinModRevision() == 0
        && r.getMaxModRevision() == 0
        && r.getMinCreateRevision() == 0
        && r.getMaxCreateRevision() == 0;
  }

  private static RangeResponse answer(
      RangeRequest request, List<KeyValue> items, boolean more, long count, long revision) {
    RangeResponse.Builder response =
        RangeResponse.newBuilder().setHeader(header(revision)).setCount(count);
    if (request.getCountOnly()) {
      return response.build();
    }
    List<KeyValue> kept = new ArrayList<>(items);
    boolean cut = more;
    if (!isPlain(request)) {
      kept.removeIf(kv -> !within(request, kv));
      kept.sort(order(request));
      if (request.getLimit() > 0 && kept.size() > request.getLimit()) {
        kept = kept.subList(0, (int) request.getLimit());
        cut = true;
      }
    }
    for (KeyValue kv : kept) {
      StoredKey.Builder key = EtcdCodec.storedKey(kv);
      response.addKvs(request.getKeysOnly() ? key.clearValue() : key);
    }
    return response.setMore(cut).build();
  }

  private static boolean within(RangeRequest r, KeyValue kv) {
    return (r.getMinModRevision() == 0 || kv.modRevision() >= r.getMinModRevision())
        && (r.getMaxModRevision() == 0 || kv.modRevision() <= r.getMaxModRevision())
        && (r.getMinCreateRevision() == 0 || kv.createRevision() >= r.getMinCreateRevision())
        && (r.getMaxCreateRevision() == 0 || kv.createRevision() <= r.getMaxCreateRevision());
  }

  private static Comparator<KeyValue> order(RangeRequest r) {
    Comparator<KeyValue> order =
        switch (r.getSortTarget()) {
          case KEY, UNRECOGNIZED -> Comparator.comparing(KeyValue::key);
          case VERSION -> Comparator.comparingLong(KeyValue::version);
          case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(KeyValue::value, Arrays::compareUnsigned);
        };
    return r.getSortOrder() == RangeRequest.SortOrder.DESCEND ? order.reversed() : order;
  }

  Uni<PutResponse> put(PutRequest request) {
    checkKey(request.getKey());
    return engine.write(m -> {
      Mutation.Edit edit = m.edit();
      PutResponse.Builder response = put(edit, request);
      return response.setHeader(header(edit.finish())).build();
    });
  }

  Uni<DeleteRangeResponse> delete(DeleteRangeRequest request) {
    checkKey(request.getKey());
    return engine.write(m -> {
      Mutation.Edit edit = m.edit();
      DeleteRangeResponse.Builder response = delete(edit, request);
      return response.setHeader(header(edit.finish())).build();
    });
  }

  Uni<TxnResponse> txn(TxnRequest request) {
    checkTxn(request, MOST_OPERATIONS);
    return engine.write(m -> {
      Mutation.Edit edit = m.edit();
      TxnResponse.Builder response = txn(m, edit, request);
      return response.setHeader(header(edit.finish())).build();
    });
  }

  private static TxnResponse.Builder txn(Mutation m, Mutation.Edit edit, TxnRequest request) {
    boolean holds = request.getCompareList().stream().allMatch(c -> holds(edit, c));
    TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(holds);
    for (RequestOp op : holds ? request.getSuccessList() : request.getFailureList()) {
      ResponseOp.Builder done = ResponseOp.newBuilder();
      switch (op.getRequestCase()) {
        case REQUEST_RANGE -> {
          RangeRequest range = op.getRequestRange();
          List<KeyValue> all =
              edit.range(range.getKey().toStringUtf8(), end(range.getKey(), range.getRangeEnd()));
          long limit = isPlain(range) && range.getLimit() > 0 ? range.getLimit() : all.size();
          List<KeyValue> page = all.subList(0, (int) Math.min(limit, all.size()));
          done.setResponseRange(
              answer(range, page, page.size() < all.size(), all.size(), m.revision()));
        }
        case REQUEST_PUT -> done.setResponsePut(put(edit, op.getRequestPut()));
        case REQUEST_DELETE_RANGE ->
            done.setResponseDeleteRange(delete(edit, op.getRequestDeleteRange()));
        case REQUEST_TXN -> done.setResponseTxn(txn(m, edit, op.getRequestTxn()));
        case REQUEST_NOT_SET -> {}
      }
      response.addResponses(done);
    }
    return response;
  }

  private static PutResponse.Builder put(Mutation.Edit edit, PutRequest request) {
    String key = request.getKey().toStringUtf8();
    Optional<KeyValue> before = edit.get(key);
    if ((request.getIgnoreValue() || request.getIgnoreLease()) && before.isEmpty()) {
      throw new StorageException.KeyNotFound(key);
    }
    byte[] value =
        request.getIgnoreValue() ? before.orElseThrow().value() : request.getValue().toByteArray();
    long lease = request.getIgnoreLease() ? before.orElseThrow().lease() : request.getLease();
    edit.put(key, value, lease);
    PutResponse.Builder response = PutResponse.newBuilder();
    if (request.getPrevKv()) {
      before.ifPresent(kv -> response.setPrevKv(EtcdCodec.storedKey(kv)));
    }
    return response;
  }

  private static DeleteRangeResponse.Builder delete(
      Mutation.Edit edit, DeleteRangeRequest request) {
    DeleteRangeResponse.Builder response = DeleteRangeResponse.newBuilder();
    List<KeyValue> all =
        edit.range(request.getKey().toStringUtf8(), end(request.getKey(), request.getRangeEnd()));
    for (KeyValue kv : all) {
      edit.remove(kv.key());
      if (request.getPrevKv()) {
        response.addPrevKvs(EtcdCodec.storedKey(kv));
      }
    }
    return response.setDeleted(all.size());
  }

  private static boolean holds(Mutation.Edit edit, Compare compare) {
    String key = compare.getKey().toStringUtf8();
    if (compare.getRangeEnd().isEmpty()) {
      return holds(edit.get(key), compare);
    }
    return edit.range(key, end(compare.getKey(), compare.getRangeEnd())).stream()
        .allMatch(kv -> holds(Optional.of(kv), compare));
  }

  private static boolean holds(Optional<KeyValue> found, Compare c) {
    if (c.getTarget() == Compare.CompareTarget.VALUE) {
      return found
          .map(kv -> is(c, Arrays.compareUnsigned(kv.value(), c.getValue().toByteArray())))
          .orElse(false);
    }
    long left =
        switch (c.getTarget()) {
          case VERSION -> found.map(KeyValue::version).orElse(0L);
          case CREATE -> found.map(KeyValue::createRevision).orElse(0L);
          case MOD -> found.map(KeyValue::modRevision).orElse(0L);
          case LEASE -> found.map(KeyValue::lease).orElse(0L);
          case VALUE, UNRECOGNIZED -> 0L;
        };
    long right =
        switch (c.getTargetUnionCase()) {
          case VERSION -> c.getVersion();
          case CREATE_REVISION -> c.getCreateRevision();
          case MOD_REVISION -> c.getModRevision();
          case LEASE -> c.getLease();
          case VALUE, TARGETUNION_NOT_SET -> 0L;
        };
    return is(c, Long.compare(left, right));
  }

  private static boolean is(Compare c, int order) {
    return switch (c.getResult()) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case GREATER -> order > 0;
      case LESS -> order < 0;
      case UNRECOGNIZED -> false;
    };
  }

  /** etcd's range ends: none is the one key, NUL is everything behind. */
  static String end(ByteString key, ByteString rangeEnd) {
    if (rangeEnd.isEmpty()) {
      return key.toStringUtf8() + '\0';
    }
    return rangeEnd.equals(TO_THE_END) ? "" : rangeEnd.toStringUtf8();
  }

  /** Keys here are text: another would be taken for one that looks like it. */
  private static void checkKey(ByteString key) {
    if (key.isEmpty()) {
      throw new StatusException(GrpcStatus.INVALID_ARGUMENT, "etcdserver: key is not provided");
    }
    if (!key.isValidUtf8()) {
      throw new StatusException(GrpcStatus.INVALID_ARGUMENT, "etcdserver: key is not valid UTF-8");
    }
  }

  /**
   * As etcd checks it: the operations of a transaction and of those in it are bounded, since each
   * may read everything.
   */
  private static void checkTxn(TxnRequest request, int most) {
    int operations =
        Math.max(
            request.getCompareCount(),
            Math.max(request.getSuccessCount(), request.getFailureCount()));
    if (operations > most) {
      throw new StatusException(
          GrpcStatus.INVALID_ARGUMENT, "etcdserver: too many operations in txn request");
    }
    request.getCompareList().forEach(c -> checkKey(c.getKey()));
    checkOps(request.getSuccessList(), most - operations);
    checkOps(request.getFailureList(), most - operations);
  }

  private static void checkOps(List<RequestOp> ops, int most) {
    Set<ByteString> keys = new HashSet<>();
    for (RequestOp op : ops) {
      switch (op.getRequestCase()) {
        case REQUEST_RANGE -> checkKey(op.getRequestRange().getKey());
        case REQUEST_PUT -> {
          checkKey(op.getRequestPut().getKey());
          if (!keys.add(op.getRequestPut().getKey())) {
            throw new StatusException(
                GrpcStatus.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request");
          }
        }
        case REQUEST_DELETE_RANGE -> checkKey(op.getRequestDeleteRange().getKey());
        case REQUEST_TXN -> checkTxn(op.getRequestTxn(), most);
        case REQUEST_NOT_SET ->
            throw new StatusException(
                GrpcStatus.INVALID_ARGUMENT, "etcdserver: key is not provided");
      }
    }
  }
}
