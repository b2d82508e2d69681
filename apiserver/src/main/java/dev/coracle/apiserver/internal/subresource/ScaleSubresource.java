package dev.coracle.apiserver.internal.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.patch.ScaleFields;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.SubresourceSchemas;
import dev.coracle.apiserver.internal.verb.Metadata;
import dev.coracle.apiserver.internal.verb.ObjectSubresource;
import dev.coracle.apiserver.internal.verb.ObjectUpdate;
import dev.coracle.apiserver.internal.verb.PatchVerb;
import dev.coracle.apiserver.internal.verb.PatchedForm;
import io.smallrye.mutiny.Uni;
import java.util.List;

/** {@code scale}: the number of replicas of anything that has them, built in or custom. */
public final class ScaleSubresource implements ObjectSubresource {

  private static final String VERSION = ScaleFields.VERSION;

  /** Not set in a custom resource; no number that somebody may ask for. */
  private static final int ABSENT = Integer.MIN_VALUE;

  private final Backstage backstage;
  private final ObjectUpdate updates;

  public ScaleSubresource(Backstage backstage, ObjectUpdate updates) {
    this.backstage = backstage;
    this.updates = updates;
  }

  /** Where the three values of a scale are in the object. */
  private record Paths(String[] replicas, String[] current, String[] selector) {

    static Paths of(Call call) {
      JsonNode custom = call.type().definition().customScale();
      if (custom.isObject()) {
        return new Paths(
            path(custom, "specReplicasPath"),
            path(custom, "statusReplicasPath"),
            path(custom, "labelSelectorPath"));
      }
      return new Paths(
          new String[] {"spec", "replicas"},
          new String[] {"status", "replicas"},
          new String[] {"spec", "selector"});
    }

    private static String[] path(JsonNode scale, String field) {
      String text = scale.path(field).asText("");
      return text.isEmpty() ? new String[0] : text.replaceFirst("^\\.", "").split("\\.");
    }
  }

  /** The Scale that this object shows. */
  public static KubeObject scale(Call call, KubeObject object) {
    Paths paths = Paths.of(call);
    ObjectNode out = Json.object().put("kind", "Scale").put("apiVersion", VERSION);
    ObjectNode metadata = out.putObject("metadata");
    metadata.put("name", object.name());
    if (!object.namespace().isEmpty()) {
      metadata.put("namespace", object.namespace());
    }
    metadata.put("uid", object.uid()).put("resourceVersion", object.resourceVersion());
    metadata.set("creationTimestamp", object.metadata().path("creationTimestamp"));
    ObjectNode spec = out.putObject("spec");
    int replicas = object.at(paths.replicas()).asInt(0);
    if (replicas != 0) {
      // As autoscaling/v1 writes it: none is none said.
      spec.put("replicas", replicas);
    }
    ObjectNode status = out.putObject("status");
    status.put("replicas", object.at(paths.current()).asInt(0));
    String selector = selector(call, object, paths);
    if (!selector.isEmpty()) {
      status.put("selector", selector);
    }
    return KubeObject.of(out);
  }

  private static String selector(Call call, KubeObject object, Paths paths) {
    if (paths.selector().length == 0) {
      return "";
    }
    JsonNode node = object.at(paths.selector());
    if (node.isTextual()) {
      return node.asText();
    }
    if (!node.isObject()) {
      return "";
    }
    boolean plain = call.type().is("", "replicationcontrollers");
    return plain
        ? LabelSelector.ofLabels(KubeObject.strings(node)).toString()
        : LabelSelector.of(node).toString();
  }

  @Override
  public Uni<KubeObject> get(Call call) {
    return backstage
        .store()
        .get(call.type().stored(), call.key())
        .chain(call.type()::presented)
        .map(o -> {
          if (isAbsent(call, o)) {
            throw StatusException.internal(
                "the spec replicas field \"" + customPath(call) + "\" does not exist");
          }
          return scale(call, o);
        });
  }

  private static boolean isAbsent(Call call, KubeObject object) {
    return call.type().custom() && !object.at(Paths.of(call).replicas()).isNumber();
  }

  private static String customPath(Call call) {
    return call.type().definition().customScale().path("specReplicasPath").asText();
  }

  @Override
  public Uni<KubeObject> update(Call call, ObjectNode body) {
    check(call, body);
    return write(
        call,
        (current, shown) -> {
          String uid = body.path("metadata").path("uid").asText("");
          if (!uid.isEmpty() && !uid.equals(current.uid())) {
            throw Metadata.otherUid(call.type().groupResource(), call.name(), uid, current.uid());
          }
          return owned(call, shown, body.deepCopy());
        });
  }

  @Override
  public Uni<KubeObject> patch(Call call, Patch patch) {
    if (patch.type() == PatchType.APPLY) {
      ObjectNode configuration = PatchVerb.configuration(call, patch);
      return write(call, (_, shown) -> applied(call, configuration, patch.force(), shown));
    }
    return write(
        call,
        (_, shown) -> {
          Patch plain =
              patch.type() == PatchType.STRATEGIC_MERGE
                  ? new Patch(PatchType.MERGE, patch.body(), false)
                  : patch;
          ObjectNode result = PatchedForm.object(patch, PatchVerb.patchTree(call, plain, shown));
          return owned(call, shown, PatchedForm.decode(call, patch, result, result));
        });
  }

  /** The Scale as it is to be, out of the one that is shown; with the record of its owners. */
  @FunctionalInterface
  private interface Change {
    ObjectNode of(KubeObject current, ObjectNode shown);
  }

  private Uni<KubeObject> write(Call call, Change change) {
    return updates
        .run(
            call,
            ObjectUpdate.Scope.of("scale").silent(),
            ObjectUpdate.edit(current -> written(call, current, change)))
        .map(o -> scale(call, o));
  }

  private static ObjectNode written(Call call, KubeObject current, Change change) {
    ScaleFields fields =
        new ScaleFields(call.type().kind().apiVersion(), Paths.of(call).replicas());
    ObjectNode shown = scale(call, current).edit();
    ArrayNode owners = fields.ofScale(current.metadata().path("managedFields"));
    if (!owners.isEmpty()) {
      shown.withObjectProperty("metadata").set("managedFields", owners);
    }
    if (isAbsent(call, current)) {
      shown.withObjectProperty("spec").put("replicas", ABSENT);
    }
    ObjectNode scale = change.of(current, shown);
    check(call, scale);
    Metadata.checkNamespace(scale, call);
    if (call.type().custom() && scale.path("spec").path("replicas").asInt() == ABSENT) {
      throw StatusException.badRequest(
          "the spec replicas field \"" + customPath(call) + "\" cannot be empty");
    }
    checkIdentity(call, current, scale);
    ObjectNode now = changed(call, current, scale);
    ArrayNode after =
        fields.ofObject(
            current.metadata().path("managedFields"), Metadata.of(scale).path("managedFields"));
    if (after.isEmpty()) {
      Metadata.of(now).remove("managedFields");
    } else {
      Metadata.of(now).set("managedFields", after);
    }
    return now;
  }

  /** Of what is built in a Scale tells whose it is; a custom resource's is not asked for that. */
  private static void checkIdentity(Call call, KubeObject current, ObjectNode scale) {
    ObjectNode metadata = Metadata.of(scale);
    String uid = metadata.path("uid").asText("");
    if (!call.type().custom() && !uid.isEmpty() && !uid.equals(current.uid())) {
      GroupResource parent = call.type().groupResource();
      throw Metadata.otherUid(
          new GroupResource(parent.group(), parent.resource() + "/scale"),
          call.name(),
          uid,
          current.uid());
    }
    metadata.remove("uid");
  }

  private ObjectNode applied(Call call, ObjectNode configuration, boolean force, ObjectNode shown) {
    SchemaType type = SubresourceSchemas.of(call).type();
    return Decoder.decode(
            ServerSideApply.apply(type, shown, configuration, writer(call), force), type)
        .tree();
  }

  /** The Scale with the record of who owns it after this. */
  private ObjectNode owned(Call call, ObjectNode shown, ObjectNode scale) {
    ArrayNode owners =
        ServerSideApply.record(SubresourceSchemas.of(call).type(), shown, scale, writer(call));
    Metadata.of(scale).set("managedFields", owners);
    return scale;
  }

  private ServerSideApply.Writer writer(Call call) {
    return new ServerSideApply.Writer(
        call.fieldManager(),
        ScaleFields.VERSION,
        "scale",
        ResetFields.NONE,
        backstage.clock().instant());
  }

  /** A copy of the object with the replicas of this Scale. */
  public static ObjectNode changed(Call call, KubeObject current, ObjectNode scale) {
    JsonNode replicas = scale.path("spec").path("replicas");
    int number = replicas.asInt(0);
    // A custom resource is looked at as a whole.
    if (number < 0 && !call.type().custom()) {
      throw negative(call, number);
    }
    ObjectNode copy = current.edit();
    String[] path = Paths.of(call).replicas();
    ObjectNode at = copy;
    for (int i = 0; i < path.length - 1; i++) {
      at = at.withObjectProperty(path[i]);
    }
    at.put(path[path.length - 1], number);
    // As preconditions: of another object, or of another version of it, nothing is changed.
    for (String precondition : List.of("uid", "resourceVersion")) {
      String given = scale.path("metadata").path(precondition).asText("");
      if (!given.isEmpty()) {
        copy.withObjectProperty("metadata").put(precondition, given);
      }
    }
    return copy;
  }

  private static void check(Call call, ObjectNode body) {
    String kind = body.path("kind").asText("Scale");
    if (!kind.equals("Scale")) {
      throw StatusException.badRequest(
          kind
              + " in version \"v1\" cannot be handled as a Scale: no kind \""
              + kind
              + "\" is registered for version \"autoscaling/v1\"");
    }
    String version = body.path("apiVersion").asText(VERSION);
    if (!version.equals(VERSION)) {
      throw StatusException.badRequest(
          "the API version in the data ("
              + version
              + ") does not match the expected API version ("
              + VERSION
              + ")");
    }
    Metadata.checkNamed(body.path("metadata").path("name").asText(""), call);
  }

  private static StatusException negative(Call call, int number) {
    FieldErrors errors = new FieldErrors();
    errors.invalid(FieldPath.SPEC, "replicas", number, "must be greater than or equal to 0");
    return StatusException.invalid(
        new GroupVersionKind("autoscaling", "v1", "Scale"), call.name(), errors.causes());
  }
}
