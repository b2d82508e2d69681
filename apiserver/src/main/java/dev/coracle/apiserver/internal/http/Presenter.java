package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoQuote;
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
      audit.response(object);
    }
    boolean own =
        object.kind().equals(type.kind().kind())
            || object.kind().equals("Scale") && type.definition().subresource("scale").isPresent();
    if (own && form.as().equals("PartialObjectMetadataList")) {
      throw type.custom() && object.kind().equals(type.kind().kind())
          ? StatusException.of(StatusReason.NOT_ACCEPTABLE, "content is not a list")
          : StatusException.of(
              StatusReason.NOT_ACCEPTABLE,
              "you requested PartialObjectMetadataList, but the requested object is not a list ("
                  + goType(type, object.kind())
                  + ")");
    }
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
    if (form.as().equals("PartialObjectMetadata")) {
      throw StatusException.of(
          StatusReason.NOT_ACCEPTABLE,
          "you requested PartialObjectMetadata, but the requested object is a list ("
              + (type.custom()
                  ? "*unstructured.UnstructuredList"
                  : goType(type, type.definition().listKind()))
              + ")");
    }
    String version = form.version();
    // A look at all objects must not leave the trees of all in the store's cache.
    if (form.table()) {
      Function<KubeObject, ObjectNode> rows = tables.rows(type, version, include(exchange));
      ListWriter.send(
          exchange,
          made(
              exchange,
              form.form(),
              tables.ofList(type, found, version),
              "rows",
              o -> Json.bytes(rows.apply(o.fleeting()))),
          Tables.inOrder(type, found.items()));
      return;
    }
    ListWriter.send(
        exchange,
        form.metadataOnly() ? partials(exchange, form, found) : whole(exchange, form, type, found),
        found.items());
  }

  /** The type that upstream has for a built-in kind inside of its server, and for any Scale. */
  private static String goType(ResourceType type, String kind) {
    String group = kind.equals("Scale") ? "autoscaling" : type.kind().group();
    boolean customScale = type.custom() && kind.equals("Scale");
    String inside = group.isEmpty() ? "core" : group.replaceFirst("\\..*", "");
    return "*" + (customScale ? "v1" : inside) + "." + kind;
  }

  private static ListForm whole(
      Exchange exchange, Negotiation form, ResourceType type, KubeList found) {
    ObjectNode head = listHead(type, found);
    if (form.form() == Negotiation.Form.PROTOBUF) {
      return ListForm.protobuf(head);
    }
    boolean plain = form.form() == Negotiation.Form.JSON && !Responder.pretty(exchange);
    if (type.custom()) {
      return plain
          ? ListForm.json(head)
          : made(exchange, form.form(), head, "items", KubeObject::json);
    }
    ItemHead items = new ItemHead(type.kind());
    return plain
        ? ListForm.json(head, items)
        : made(exchange, form.form(), head, "items", items::without);
  }

  private static ListForm partials(Exchange exchange, Negotiation form, KubeList found) {
    String version = form.version();
    ObjectNode head = Json.object();
    head.put("kind", "PartialObjectMetadataList").put("apiVersion", "meta.k8s.io/" + version);
    head.set("metadata", Tables.listMetadata(found));
    return form.form() == Negotiation.Form.PROTOBUF
        ? ListForm.protobuf(head, o -> KubeObject.of(partial(o.fleeting(), version)))
        : made(
            exchange, form.form(), head, "items", o -> Json.bytes(partial(o.fleeting(), version)));
  }

  /** What has no protobuf form, which are tables, is sent as JSON. */
  private static ListForm made(
      Exchange exchange,
      Negotiation.Form form,
      ObjectNode head,
      String field,
      Function<KubeObject, byte[]> json) {
    if (form == Negotiation.Form.YAML) {
      return ListForm.yaml(head, field, json);
    }
    return Responder.pretty(exchange)
        ? ListForm.pretty(head, field, json)
        : ListForm.json(head, field, json);
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
    ObjectNode metadata = Tables.listMetadata(list);
    if (type.custom() && !metadata.has("continue")) {
      // Upstream's lists of custom resources have no type that would leave it out.
      metadata.put("continue", "");
    }
    out.set("metadata", metadata);
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
    return switch (asked) {
      case "" -> "Metadata";
      case "Metadata", "Object", "None" -> asked;
      default ->
          throw StatusException.badRequest(
              "Unable to convert to Table as requested: includeObject: Invalid value: "
                  + GoQuote.of(asked)
                  + ": must be 'Metadata', 'Object', 'None', or empty");
    };
  }

  static ObjectNode partial(KubeObject object, String version) {
    ObjectNode out = Json.object();
    out.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/" + version);
    out.set("metadata", object.metadata());
    return out;
  }
}
