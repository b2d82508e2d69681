package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.table.Tables;
import java.util.function.Function;

/**
 * Gives answers the form that was negotiated: the object itself, a Table, or its metadata alone
 * (API concepts, "Receiving resources as Tables" and "Metadata-only fetches").
 */
public final class Presenter {

  private final EncodeOnce once = new EncodeOnce();
  private final Tables tables;

  public Presenter(Tables tables) {
    this.tables = tables;
  }

  void object(Exchange exchange, Negotiation form, int code, ResourceType type, KubeObject object) {
    AuditRecord audit = exchange.audit();
    if (audit != null) {
      audit.response(object.json().length, object::tree);
    }
    boolean own = object.kind().equals(type.kind().kind());
    if (own && form.table() && !type.definition().supports("get")) {
      // What is only asked and never kept has no row.
      throw StatusException.of(
          StatusReason.NOT_ACCEPTABLE,
          "only the following media types are accepted: application/json, application/yaml");
    }
    if (own && form.table()) {
      Responder.tree(
          exchange,
          form.form(),
          code,
          tables.ofObject(type, object, form.version(), include(exchange)));
    } else if (own && form.metadataOnly()) {
      Responder.tree(exchange, form.form(), code, partial(object, form.version()));
    } else {
      Responder.object(exchange, form.form(), code, object);
    }
  }

  void list(Exchange exchange, Negotiation form, ResourceType type, KubeList found) {
    AuditRecord audit = exchange.audit();
    if (audit != null) {
      long bytes = found.items().stream().mapToLong(o -> o.json().length).sum();
      audit.response(bytes, () -> listTree(type, found));
    }
    // A look at all objects must not leave the trees of all in the store's cache.
    KubeList list = parses(form, exchange) ? fleeting(found) : found;
    if (form.table()) {
      Responder.tree(
          exchange, form.form(), 200, tables.ofList(type, list, form.version(), include(exchange)));
      return;
    }
    if (form.metadataOnly()) {
      ObjectNode out = Json.object();
      out.put("kind", "PartialObjectMetadataList")
          .put("apiVersion", "meta.k8s.io/" + form.version());
      out.set("metadata", Tables.listMetadata(list));
      ArrayNode items = out.putArray("items");
      list.items().forEach(o -> items.add(partial(o, form.version())));
      Responder.tree(exchange, form.form(), 200, out);
      return;
    }
    if (form.form() == Negotiation.Form.PROTOBUF) {
      ListWriter.send(exchange, ListForm.protobuf(listHead(type, list)), list.items());
      return;
    }
    if (form.form() == Negotiation.Form.JSON && !Responder.pretty(exchange)) {
      ListWriter.send(exchange, ListForm.json(listHead(type, list)), list.items());
      return;
    }
    Responder.tree(exchange, form.form(), 200, listTree(type, list));
  }

  private static boolean parses(Negotiation form, Exchange exchange) {
    return form.table()
        || form.metadataOnly()
        || form.form() == Negotiation.Form.YAML
        || form.form() == Negotiation.Form.JSON && Responder.pretty(exchange);
  }

  private static KubeList fleeting(KubeList list) {
    return new KubeList(
        list.resourceVersion(),
        list.continueToken(),
        list.remaining(),
        list.items().stream().map(KubeObject::fleeting).toList());
  }

  private static ObjectNode listTree(ResourceType type, KubeList list) {
    ObjectNode out = listHead(type, list);
    ArrayNode items = out.putArray("items");
    list.items().forEach(o -> items.add(o.tree()));
    return out;
  }

  private static ObjectNode listHead(ResourceType type, KubeList list) {
    ObjectNode out = Json.object();
    out.put("kind", type.definition().listKind()).put("apiVersion", type.kind().apiVersion());
    out.set("metadata", Tables.listMetadata(list));
    return out;
  }

  /** How the objects of a watch are encoded. */
  Function<KubeObject, byte[]> encoder(Exchange exchange, Negotiation form, ResourceType type) {
    if (form.table()) {
      String include = include(exchange);
      boolean[] headed = {false};
      return o -> {
        byte[] bytes = Json.bytes(tables.ofEvent(type, o, form.version(), include, !headed[0]));
        headed[0] = true;
        return bytes;
      };
    }
    if (form.form() == Negotiation.Form.PROTOBUF) {
      return form.metadataOnly()
          ? once.of(
              "protobuf metadata " + form.version(),
              o -> ProtobufWriter.tree(partial(o, form.version())).orElseThrow())
          : once.of("protobuf", o -> ProtobufWriter.object(o).orElseThrow());
    }
    return form.metadataOnly()
        ? once.of("metadata " + form.version(), o -> Json.bytes(partial(o, form.version())))
        : KubeObject::json;
  }

  private static String include(Exchange exchange) {
    String asked = exchange.query("includeObject");
    return asked.isEmpty() ? "Metadata" : asked;
  }

  static ObjectNode partial(KubeObject object, String version) {
    ObjectNode out = Json.object();
    out.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/" + version);
    out.set("metadata", object.metadata());
    return out;
  }
}
