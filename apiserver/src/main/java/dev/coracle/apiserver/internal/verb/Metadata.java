package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The part of {@code metadata} that belongs to the server (API conventions, "Metadata"). Everything
 * here changes trees in place that the caller owns.
 */
public final class Metadata {

  /** No vowels and no look-alikes, as upstream, so that suffixes spell no words. */
  private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

  private static final Pattern VERSION = Pattern.compile("[0-9]{1,19}");

  private static final int LONGEST_BASE = 58;
  private static final SecureRandom RANDOM = new SecureRandom();

  private static final List<String> SYSTEM =
      List.of(
          "selfLink",
          "uid",
          "creationTimestamp",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "resourceVersion");

  private Metadata() {}

  public static ObjectNode of(ObjectNode object) {
    JsonNode metadata = object.get("metadata");
    if (metadata instanceof ObjectNode m) {
      return m;
    }
    if (metadata != null && !metadata.isNull()) {
      throw StatusException.badRequest("metadata is not an object");
    }
    return object.putObject("metadata");
  }

  /**
   * Drops what says nothing: Kubernetes' metadata leaves empty maps and lists out when it is
   * written.
   */
  public static void dropEmpty(ObjectNode object) {
    ObjectNode metadata = of(object);
    for (String field : List.of("annotations", "labels", "finalizers", "ownerReferences")) {
      JsonNode value = metadata.get(field);
      if (value != null && value.isContainerNode() && value.isEmpty()) {
        metadata.remove(field);
      }
    }
  }

  /** A custom resource does not say what it is; named by what it says, as upstream does. */
  static StatusException otherThan(
      GroupVersionKind type, String field, String is, String must, ObjectNode object) {
    FieldErrors errors = new FieldErrors();
    errors.invalid(FieldPath.ROOT, field, is, "must be " + must);
    String kind = object.path("kind").asText("");
    return StatusException.invalid(
        new GroupVersionKind(type.group(), type.version(), kind),
        of(object).path("name").asText(""),
        errors.causes());
  }

  /**
   * Checks apiVersion and kind against the type asked for, and fills them in where both are
   * missing.
   */
  public static void checkKind(ObjectNode object, ResourceType type, String subresource) {
    var expected =
        type.definition().subresource(subresource).map(s -> s.kind()).orElse(type.kind());
    String apiVersion = object.path("apiVersion").asText("");
    String kind = object.path("kind").asText("");
    boolean custom = type.custom() && expected.equals(type.kind());
    if (custom && kind.isEmpty()) {
      String why = "Object 'Kind' is missing in '" + abbreviate(object) + "'";
      throw Decoder.unrecognized(expected, why, Json.bytes(object));
    }
    if (apiVersion.isEmpty() && kind.isEmpty()) {
      ObjectNode rest = object.deepCopy();
      object.removeAll();
      object.put("apiVersion", expected.apiVersion()).put("kind", expected.kind());
      object.setAll(rest);
      return;
    }
    if (kind.isEmpty()) {
      throw StatusException.badRequest("Object 'Kind' is missing in '" + abbreviate(object) + "'");
    }
    if (apiVersion.isEmpty()) {
      object.put("apiVersion", expected.apiVersion());
    } else if (!apiVersion.equals(expected.apiVersion())) {
      throw StatusException.badRequest(
          "the API version in the data ("
              + apiVersion
              + ") does not match the expected API version ("
              + expected.apiVersion()
              + ")");
    }
    if (custom && !kind.equals(expected.kind())) {
      throw otherThan(expected, "kind", kind, expected.kind(), object);
    }
    if (!kind.equals(expected.kind())) {
      throw StatusException.badRequest(
          kind
              + " in version \""
              + expected.version()
              + "\" cannot be handled as a "
              + expected.kind()
              + ": no kind \""
              + kind
              + "\" is registered for version \""
              + expected.apiVersion()
              + "\" that can be stored as "
              + type.groupResource());
    }
  }

  private static String abbreviate(ObjectNode object) {
    String text = object.toString();
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }

  /**
   * What is put or applied tells its name.
   *
   * @throws StatusException {@code BadRequest} where it tells none, or not the one on the URL
   */
  public static void checkNamed(String name, Call call) {
    if (name.isEmpty()) {
      throw StatusException.badRequest(
          "the name of the object ("
              + call.name()
              + " based on URL) was undeterminable: name must be provided");
    }
    if (!name.equals(call.name())) {
      throw StatusException.badRequest(
          "the name of the object ("
              + name
              + ") does not match the name on the URL ("
              + call.name()
              + ")");
    }
  }

  /** Makes the object's namespace that of the request, or refuses where the two differ. */
  public static void checkNamespace(ObjectNode object, Call call) {
    ObjectNode metadata = of(object);
    String given = metadata.path("namespace").asText("");
    if (!call.type().namespaced()) {
      if (!given.isEmpty()) {
        metadata.remove("namespace");
      }
      return;
    }
    if (call.namespace().isEmpty()) {
      throw StatusException.badRequest("an empty namespace may not be set during creation");
    }
    if (given.isEmpty()) {
      metadata.put("namespace", call.namespace());
    } else if (!given.equals(call.namespace())) {
      throw StatusException.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  /** Takes away what a client may not say of a new object. */
  static void forgetSystem(ObjectNode object) {
    dropEmpty(object);
    ObjectNode metadata = of(object);
    for (String field : SYSTEM) {
      metadata.remove(field);
    }
  }

  /** Gives a new object its uid, creation time and generation. */
  static void fillNew(ObjectNode object, ResourceType type, Instant now) {
    ObjectNode metadata = of(object);
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", Timestamps.time(now));
    if (type.strategy().tracksGeneration()) {
      metadata.put("generation", 1);
    } else {
      metadata.remove("generation");
    }
  }

  /** One more than before; in the form that decoding gives numbers, so that both are equal. */
  static void countGeneration(ObjectNode metadata, KubeObject before) {
    long next = before.generation() + 1;
    if (next <= Integer.MAX_VALUE) {
      metadata.put("generation", (int) next);
    } else {
      metadata.put("generation", next);
    }
  }

  /** Whether the name is still to be made up from {@code generateName}. */
  public static boolean generatesName(ObjectNode object) {
    ObjectNode metadata = of(object);
    return metadata.path("name").asText("").isEmpty()
        && !metadata.path("generateName").asText("").isEmpty();
  }

  public static void generateName(ObjectNode object) {
    ObjectNode metadata = of(object);
    String base = metadata.path("generateName").asText("");
    if (base.length() > LONGEST_BASE) {
      base = base.substring(0, LONGEST_BASE);
    }
    metadata.put("name", base + suffix(5));
  }

  /** Random letters that spell no words. */
  public static String suffix(int length) {
    StringBuilder out = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      out.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return out.toString();
  }

  /** Puts back what an update may not change, and checks what it must not get wrong. */
  public static void carryOver(ObjectNode now, KubeObject before, Call call) {
    dropEmpty(now);
    ObjectNode metadata = of(now);
    JsonNode was = before.metadata();
    String uid = metadata.path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(before.uid())) {
      throw otherUid(call.type().groupResource(), before.name(), uid, before.uid());
    }
    checkVersion(metadata, before, call);
    for (String field :
        List.of(
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation")) {
      JsonNode value = was.get(field);
      if (value == null) {
        metadata.remove(field);
      } else {
        metadata.set(field, value);
      }
    }
    metadata.remove("selfLink");
    if (!metadata.has("generateName") && was.has("generateName")) {
      metadata.set("generateName", was.get("generateName"));
    }
  }

  /** That it is made out of the version that is there, which it is taken for if it names none. */
  private static void checkVersion(ObjectNode metadata, KubeObject before, Call call) {
    String rv = metadata.path("resourceVersion").asText("");
    var resource = call.type().groupResource();
    String name = before.name();
    if (rv.isEmpty() || rv.equals("0")) {
      if (!call.type().strategy().allowsUnconditionalUpdate()) {
        // Named by its resource, unlike all else that is invalid; so does upstream.
        throw StatusException.invalid(
            new GroupVersionKind(
                resource.group(), call.type().kind().version(), resource.resource()),
            name,
            List.of(
                new StatusCause(
                    StatusCause.INVALID,
                    "Invalid value: 0: must be specified for an update",
                    "metadata.resourceVersion")));
      }
      metadata.put("resourceVersion", before.resourceVersion());
    } else if (!rv.equals(before.resourceVersion())) {
      throw StatusException.modified(resource, name);
    }
  }

  /**
   * Checks what admission made of an object that was there: it may not become another one, nor
   * another version of it.
   */
  static void checkAdmitted(ObjectNode now, KubeObject before, Call call) {
    ObjectNode metadata = of(now);
    String version = metadata.path("resourceVersion").asText("");
    if (!version.isEmpty() && !VERSION.matcher(version).matches()) {
      // No client's fault, but a webhook's.
      throw StatusException.of(StatusReason.UNKNOWN, GoText.noUint(version));
    }
    checkVersion(metadata, before, call);
    checkNamespace(now, call);
    if (metadata.path("uid").asText("").isEmpty()) {
      metadata.put("uid", before.uid());
    }
  }

  /**
   * @param is empty where there is no object
   */
  public static StatusException otherUid(
      GroupResource resource, String name, String wanted, String is) {
    return StatusException.conflict(
        resource,
        name,
        "Precondition failed: UID in precondition: " + wanted + ", UID in object meta: " + is);
  }

  /** What an update may not do to metadata. */
  public static List<StatusCause> checkUpdate(ObjectNode now, KubeObject before) {
    List<StatusCause> causes = new ArrayList<>();
    for (String field : List.of("name", "uid")) {
      String is = of(now).path(field).asText("");
      if (!is.equals(before.metadata().path(field).asText(""))) {
        FieldErrors errors = new FieldErrors();
        errors.invalid(FieldPath.METADATA, field, is, "field is immutable");
        causes.addAll(errors.causes());
      }
    }
    if (before.isDeleting()) {
      causes.addAll(checkFinalizers(now, before));
    }
    return causes;
  }

  private static List<StatusCause> checkFinalizers(ObjectNode now, KubeObject before) {
    List<String> had = before.finalizers();
    List<String> added = new ArrayList<>();
    of(now)
        .path("finalizers")
        .forEach(f -> {
          if (!had.contains(f.asText())) {
            added.add(f.asText());
          }
        });
    if (added.isEmpty()) {
      return List.of();
    }
    StringBuilder list = new StringBuilder("[]string{");
    added.forEach(f -> list.append(list.length() > 9 ? ", \"" : "\"").append(f).append('"'));
    return List.of(
        new StatusCause(
            StatusCause.FORBIDDEN,
            "Forbidden: no new finalizers can be added if the object is being deleted, found new"
                + " finalizers "
                + list
                + "}",
            "metadata.finalizers"));
  }

  /** Whether the wanted state differs: everything but identity, metadata and status. */
  public static boolean wantedStateDiffers(ObjectNode now, KubeObject before, ResourceType type) {
    ObjectNode was = before.tree();
    boolean statusCounts = type.custom() && !type.hasStatus();
    var fields = new java.util.LinkedHashSet<String>();
    now.fieldNames().forEachRemaining(fields::add);
    was.fieldNames().forEachRemaining(fields::add);
    for (String field : fields) {
      boolean counts =
          switch (field) {
            case "apiVersion", "kind", "metadata" -> false;
            case "status" -> statusCounts;
            default -> true;
          };
      if (counts && !now.path(field).equals(was.path(field))) {
        return true;
      }
    }
    String counted = type.strategy().countedMetadata();
    return !counted.isEmpty()
        && !now.path("metadata").path(counted).equals(before.metadata().path(counted));
  }

  /** Equal but for managedFields: such a write changes nothing. */
  public static boolean sameButManagers(ObjectNode now, KubeObject before) {
    ObjectNode was = before.tree();
    if (now.size() != was.size()) {
      return false;
    }
    return Json.everyField(
        now,
        (name, value) ->
            name.equals("metadata")
                ? sameButRecord(value, was.path("metadata"))
                : value.equals(was.get(name)));
  }

  private static boolean sameButRecord(JsonNode now, JsonNode was) {
    if (!(now instanceof ObjectNode metadata)) {
      return now.equals(was);
    }
    return fields(now) == fields(was)
        && Json.everyField(
            metadata, (name, value) -> name.equals("managedFields") || value.equals(was.get(name)));
  }

  private static int fields(JsonNode metadata) {
    return metadata.size() - (metadata.has("managedFields") ? 1 : 0);
  }

  /** Equal also in who manages which fields, times aside. */
  public static boolean sameManagers(ObjectNode now, KubeObject before) {
    JsonNode a = now.path("metadata").path("managedFields");
    JsonNode b = before.metadata().path("managedFields");
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      for (String field :
          List.of("manager", "operation", "apiVersion", "subresource", "fieldsV1")) {
        if (!a.get(i).path(field).equals(b.get(i).path(field))) {
          return false;
        }
      }
    }
    return true;
  }
}
