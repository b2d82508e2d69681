package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DuplicateKeys;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.protobuf.ProtobufReader;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.stream.Connects;
import dev.coracle.apiserver.internal.verb.DeleteVerb;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.internal.verb.UpdateVerb;
import dev.coracle.apiserver.warning.ApiDeprecation;
import dev.coracle.tracing.Tracing;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * The end of the filters for resource requests: finds the resource, reads the body, runs the verb.
 */
public final class ResourceHandler {

  private final Vertx vertx;
  private final Registry registry;
  private final Engine engine;
  private final Bodies bodies;
  private final Presenter presenter;
  private final Connects connects;
  private final ApiServerMetrics metrics;
  private final VerbSpans spans;
  private final long minWatchMillis;
  private final LargeRequests large = new LargeRequests();

  public ResourceHandler(
      Vertx vertx,
      Registry registry,
      Engine engine,
      Bodies bodies,
      Presenter presenter,
      Connects connects,
      ApiServerMetrics metrics,
      Tracing tracing,
      long minWatchMillis) {
    this.vertx = vertx;
    this.registry = registry;
    this.engine = engine;
    this.bodies = bodies;
    this.presenter = presenter;
    this.connects = connects;
    this.metrics = metrics;
    this.spans = new VerbSpans(tracing);
    this.minWatchMillis = minWatchMillis;
  }

  public void handle(Exchange exchange) {
    RequestInfo info = exchange.info();
    Optional<ResourceType> found =
        registry.find(new GroupVersionResource(info.group(), info.version(), info.resource()));
    if (found.isEmpty()) {
      nowhere(exchange, registry.hasBuiltIn(info.group()));
      return;
    }
    ResourceType type = found.get();
    boolean ofNamespaces = type.is("", "namespaces");
    if (!type.namespaced() && !info.namespace().isEmpty() && !ofNamespaces) {
      nowhere(exchange, !type.custom());
      return;
    }
    boolean collective = info.verb().equals("list") || info.verb().equals("watch");
    if (type.namespaced() && info.namespace().isEmpty() && !collective) {
      // Of all namespaces there is a path to list, and none to a name.
      if (info.name().isEmpty() && !type.custom()) {
        Unrouted.methodNotAllowed(exchange);
        return;
      }
      nowhere(exchange, !type.custom());
      return;
    }
    boolean ofOne = info.verb().equals("update") || info.verb().equals("patch");
    if (type.custom() && ofOne && info.name().isEmpty()) {
      throw StatusException.badRequest("name must be provided");
    }
    if (!info.subresource().isEmpty()
        && type.definition().subresource(info.subresource()).isEmpty()) {
      if (type.custom()) {
        throw StatusException.notFound(type.groupResource(), info.name());
      }
      Unrouted.notFound(exchange);
      return;
    }
    boolean connects = this.connects.serves(type, info.subresource());
    boolean tooDeep = !info.rest().isEmpty() && !info.subresource().equals("proxy");
    if (!type.custom() && tooDeep) {
      Unrouted.notFound(exchange);
      return;
    }
    if (!type.custom() && !connects && isUnrouted(exchange, type)) {
      return;
    }
    exchange.setServed();
    if (info.longRunning()) {
      exchange.whenEnded(metrics.requests().longRunning(RequestKinds.of(exchange)));
    }
    WriteOptions options = info.mutating() ? QueryOptions.write(exchange) : WriteOptions.NONE;
    Call call =
        new Call(
            exchange.user(),
            info.verb(),
            type,
            info.subresource(),
            type.namespaced() ? info.namespace() : "",
            info.name(),
            options,
            exchange.userAgentManager(),
            exchange.warnings(),
            exchange.trace(),
            exchange.time());
    ApiDeprecation.of(type.definition()).ifPresent(d -> deprecated(d, call));
    if (connects) {
      this.connects.handle(exchange, call);
      return;
    }
    serve(exchange, spans.of(exchange, call));
  }

  private void serve(Exchange exchange, Call call) {
    switch (call.verb()) {
      case "get" -> get(exchange, call);
      case "list" -> list(exchange, call);
      case "watch" -> watch(exchange, call);
      case "create" -> create(exchange, call);
      case "update" -> update(exchange, call);
      case "patch" -> patch(exchange, call);
      case "delete" -> delete(exchange, call);
      case "deletecollection" -> deleteCollection(exchange, call);
      // A method that is none of Kubernetes'.
      default -> throw StatusException.methodNotAllowed(call.type().groupResource(), "");
    }
  }

  private static void nowhere(Exchange exchange, boolean builtIn) {
    if (builtIn) {
      Unrouted.notFound(exchange);
    } else {
      Unrouted.page(exchange);
    }
  }

  /** Whether a built-in resource has no such method, or not in this form; says so to the client. */
  private static boolean isUnrouted(Exchange exchange, ResourceType type) {
    RequestInfo info = exchange.info();
    boolean named = !info.name().isEmpty();
    boolean method =
        isOffered(info, type)
            && switch (info.verb()) {
              case "create" -> !named || !info.subresource().isEmpty();
              case "update", "patch" -> named;
              case "" -> false;
              default -> !exchange.request().method().name().equals("HEAD");
            };
    if (!method) {
      Unrouted.methodNotAllowed(exchange);
    } else if (!Unrouted.accepts(exchange.header("Accept"))) {
      boolean collective = info.verb().equals("list") || info.verb().equals("watch");
      Unrouted.notAcceptable(exchange, collective);
    } else if (info.verb().equals("patch")
        && patchType(exchange.header("Content-Type"), false).isEmpty()) {
      Unrouted.unsupportedMediaType(exchange);
    } else {
      return false;
    }
    return true;
  }

  /** Whether there is such a verb at all; a watch has the path of a list. */
  private static boolean isOffered(RequestInfo info, ResourceType type) {
    String verb = info.verb().equals("watch") ? "list" : info.verb();
    return info.subresource().isEmpty()
        ? type.definition().supports(verb)
        : type.definition()
            .subresource(info.subresource())
            .filter(s -> s.verbs().contains(verb))
            .isPresent();
  }

  private void deprecated(ApiDeprecation deprecation, Call call) {
    call.warnings().add(deprecation.warning());
    call.warnings().notes().note("k8s.io/deprecated", "true", false);
    if (!deprecation.removedRelease().isEmpty()) {
      call.warnings().notes().note("k8s.io/removed-release", deprecation.removedRelease(), false);
    }
    metrics.deprecated(call.type().resource(), call.subresource(), deprecation.removedRelease());
  }

  private static Negotiation negotiate(Exchange exchange, Call call) {
    return Negotiation.of(exchange.header("Accept"), ProtobufWriter.knows(call.type().kind()));
  }

  private void get(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    QueryOptions.checkGet(exchange);
    exchange.request().resume();
    answer(
        exchange,
        engine.get(call, exchange.query("resourceVersion")),
        object -> presenter.object(exchange, form, 200, call.type(), object));
  }

  private void list(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    ListOptions options = QueryOptions.list(exchange);
    exchange.request().resume();
    answer(
        exchange,
        engine.list(call.named(""), options),
        list -> presenter.list(exchange, form, call.type(), list));
  }

  private void watch(Exchange exchange, Call call) {
    negotiate(exchange, call);
    WatchOptions options = QueryOptions.watch(exchange);
    Negotiation form =
        Negotiation.ofWatch(exchange.header("Accept"), ProtobufWriter.knows(call.type().kind()));
    long millis =
        options.timeoutSeconds() > 0
            ? options.timeoutSeconds() * 1000
            : ThreadLocalRandom.current().nextLong(minWatchMillis, 2 * minWatchMillis);
    new WatchWriter(
            vertx,
            exchange,
            call.type(),
            form.form(),
            presenter.encoder(exchange, form, call.type()),
            metrics.watches().of(call.type().resource()))
        .run(engine.watch(call.named(""), options), millis);
  }

  private void create(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    answer(
        exchange,
        body(exchange).chain(bytes -> engine.create(call, sent(exchange, call, bytes))),
        object -> presenter.object(exchange, form, 201, call.type(), object));
  }

  private void update(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    answer(
        exchange,
        body(exchange).chain(bytes -> engine.update(call, sent(exchange, call, bytes))),
        outcome -> outcome(exchange, form, call, outcome));
  }

  private void patch(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    boolean custom = call.type().custom();
    PatchType type =
        patchType(exchange.header("Content-Type"), custom).orElseThrow(() -> noPatchType(custom));
    answer(
        exchange,
        body(exchange)
            .chain(bytes -> {
              JsonNode tree =
                  type == PatchType.APPLY ? configuration(call, bytes) : change(type, bytes);
              List<String> problems =
                  FieldValidation.of(call.options().fieldValidation()) == FieldValidation.IGNORE
                      ? List.of()
                      : PatchProblems.of(type, bytes, tree);
              return engine.patch(call, new Patch(type, tree, exchange.flag("force"), problems));
            }),
        outcome -> outcome(exchange, form, call, outcome));
  }

  private void outcome(Exchange exchange, Negotiation form, Call call, UpdateVerb.Outcome outcome) {
    presenter.object(exchange, form, outcome.created() ? 201 : 200, call.type(), outcome.object());
  }

  private static JsonNode change(PatchType type, byte[] bytes) {
    try {
      return Json.parse(bytes);
    } catch (StatusException e) {
      String before = type == PatchType.STRATEGIC_MERGE ? "" : "error decoding patch: ";
      throw StatusException.badRequest(before + e.getMessage());
    }
  }

  /** YAML or JSON that is applied; of keys that stand twice the last is taken, where it may be. */
  private JsonNode configuration(Call call, byte[] bytes) {
    FieldValidation validation = FieldValidation.of(call.options().fieldValidation());
    DuplicateKeys keys = new DuplicateKeys();
    Optional<JsonNode> json = looksLikeJson(bytes) ? json(bytes) : Optional.empty();
    JsonNode tree;
    try {
      tree = json.isPresent() ? json.get() : Yaml.parse(bytes, bodies.maxBytes(), keys);
    } catch (StatusException e) {
      throw StatusException.badRequest("error decoding YAML: " + e.getMessage());
    }
    if (validation != FieldValidation.IGNORE) {
      List<String> twice = json.isPresent() ? DuplicateKeys.ofJson(bytes) : keys.found();
      if (!twice.isEmpty() && validation == FieldValidation.STRICT) {
        throw StatusException.badRequest(
            "error strict decoding YAML: error converting YAML to JSON: "
                + DuplicateKeys.words(twice));
      }
      twice.forEach(call.warnings()::add);
    }
    return tree;
  }

  /** Empty for what only begins as JSON does: YAML has braces too, and allows more in them. */
  private static Optional<JsonNode> json(byte[] bytes) {
    try {
      return Optional.of(Json.parse(bytes));
    } catch (StatusException e) {
      return Optional.empty();
    }
  }

  private static boolean looksLikeJson(byte[] bytes) {
    for (byte b : bytes) {
      if (b > ' ') {
        return b == '{';
      }
    }
    return false;
  }

  /** Strategic merge needs to know more of a type than the schema of a custom resource says. */
  private static Stream<PatchType> patchTypes(boolean custom) {
    return Arrays.stream(PatchType.values())
        .filter(type -> type != PatchType.STRATEGIC_MERGE || !custom);
  }

  private static Optional<PatchType> patchType(String contentType, boolean custom) {
    String media = Bodies.mediaType(contentType);
    return patchTypes(custom).filter(type -> type.mediaType().equals(media)).findFirst();
  }

  private static StatusException noPatchType(boolean custom) {
    return Bodies.unknownFormat(patchTypes(custom).map(PatchType::mediaType));
  }

  private void delete(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    answer(
        exchange,
        body(exchange)
            .chain(bytes -> {
              DeleteOptions options = DeleteOptionsReader.read(exchange, bytes, bodies.maxBytes());
              return engine
                  .delete(call, options)
                  .map(outcome -> new Deleted(deletedCode(options, outcome), outcome));
            }),
        deleted ->
            presenter.object(
                exchange,
                form,
                deleted.code(),
                call.type(),
                DeleteVerb.answer(call.type(), deleted.outcome())));
  }

  private record Deleted(int code, DeleteVerb.Outcome outcome) {}

  /** Only who says in the older way that dependents go too is told that the object lives on. */
  private static int deletedCode(DeleteOptions options, DeleteVerb.Outcome outcome) {
    boolean cascading = Boolean.FALSE.equals(options.orphanDependents());
    return cascading && outcome instanceof DeleteVerb.Outcome.Going ? 202 : 200;
  }

  private void deleteCollection(Exchange exchange, Call call) {
    Negotiation form = negotiate(exchange, call);
    ListOptions list = QueryOptions.list(exchange);
    answer(
        exchange,
        body(exchange)
            .chain(bytes ->
                engine.deleteCollection(
                    call.named(""),
                    list,
                    DeleteOptionsReader.read(exchange, bytes, bodies.maxBytes()))),
        found -> presenter.list(exchange, form, call.type(), found));
  }

  private Uni<byte[]> body(Exchange exchange) {
    RequestInfo info = exchange.info();
    Future<byte[]> bytes =
        bodies
            .read(exchange.request())
            .onSuccess(b ->
                metrics
                    .requests()
                    .body(new GroupResource(info.group(), info.resource()), info.verb(), b.length));
    AuditRecord audit = exchange.audit();
    if (audit != null) {
      String media = Bodies.mediaType(exchange.header("Content-Type"));
      bytes = bytes.onSuccess(b -> audit.request(b, () -> Bodies.tree(b, media)));
    }
    return Uni.createFrom().completionStage(bytes::toCompletionStage).chain(large::place);
  }

  private ObjectNode sent(Exchange exchange, Call call, byte[] body) {
    ObjectNode object = decode(exchange, call, body);
    AuditRecord audit = exchange.audit();
    if (audit != null) {
      audit.object(object);
    }
    return object;
  }

  private ObjectNode decode(Exchange exchange, Call call, byte[] body) {
    var schema = SubresourceSchemas.of(call);
    FieldValidation validation = FieldValidation.of(call.options().fieldValidation());
    String media = Bodies.mediaType(exchange.header("Content-Type")).toLowerCase(Locale.ROOT);
    return switch (media) {
      case "", "application/json" ->
          Decoder.decode(body, schema.type(), schema.kind(), validation, call.warnings()::add);
      case "application/yaml" -> yaml(call, body, schema.type(), schema.kind(), validation);
      case "application/vnd.kubernetes.protobuf" ->
          Decoder.decode(
              ProtobufReader.read(body),
              schema.type(),
              schema.kind(),
              FieldValidation.IGNORE,
              call.warnings()::add);
      default -> throw Bodies.unknownFormat();
    };
  }

  private ObjectNode yaml(
      Call call, byte[] body, SchemaType type, GroupVersionKind kind, FieldValidation validation) {
    DuplicateKeys keys = new DuplicateKeys();
    JsonNode tree;
    try {
      tree = Yaml.parse(body, bodies.maxBytes(), keys);
    } catch (StatusException e) {
      throw Decoder.unrecognized(kind, String.valueOf(e.getMessage()), body);
    }
    List<String> twice =
        keys.found().isEmpty() ? List.of() : List.of(DuplicateKeys.words(keys.found()));
    return Decoder.decode(
        tree,
        twice,
        type,
        kind,
        validation,
        text -> DuplicateKeys.each(text).forEach(call.warnings()::add));
  }

  /** On the request's event loop, wherever the work was done. */
  private <T> void answer(Exchange exchange, Uni<T> work, java.util.function.Consumer<T> present) {
    Context here = vertx.getOrCreateContext();
    work.emitOn(
            task -> {
              if (Vertx.currentContext() == here) {
                task.run();
              } else {
                here.runOnContext(_ -> task.run());
              }
            })
        .subscribe()
        .with(
            item -> {
              try {
                present.accept(item);
              } catch (RuntimeException e) {
                Responder.failure(exchange, e);
              }
            },
            failure -> Responder.failure(exchange, failure));
  }
}
