package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the Container Storage Interface is arranged with: drivers, and what they say of nodes. */
final class CsiRules {

  private static final int MOST_DRIVER_NAME = 63;

  private CsiRules() {}

  static void driverName(String name, FieldPath at, FieldErrors errors) {
    if (name.isEmpty()) {
      errors.required(at, "");
    }
    if (name.length() > MOST_DRIVER_NAME) {
      errors.tooLong(at, "", MOST_DRIVER_NAME);
    }
    errors.invalid(at, "", name, NameRules.dnsSubdomain(name.toLowerCase(Locale.ROOT)));
  }

  static final class Driver implements KindRules {
    private static final Set<String> POLICIES = Set.of("File", "None", "ReadWriteOnceWithFSType");
    private static final List<String> MODES = List.of("Persistent", "Ephemeral");
    private static final long SHORTEST_TOKEN = 600;
    private static final long LONGEST_TOKEN = 1L << 32;

    @Override
    public void check(ObjectNode driver, FieldErrors errors) {
      JsonNode spec = driver.path("spec");
      String policy = Nodes.text(spec, "fsGroupPolicy");
      if (Nodes.set(spec, "fsGroupPolicy") && !POLICIES.contains(policy)) {
        errors.unsupported(FieldPath.SPEC, "fsGroupPolicy", policy, POLICIES);
      }
      tokens(spec.path("tokenRequests"), errors);
      for (JsonNode mode : spec.path("volumeLifecycleModes")) {
        if (!MODES.contains(mode.asText())) {
          errors.unsupported(FieldPath.SPEC, "volumeLifecycleModes", mode.asText(), MODES);
        }
      }
      JsonNode period = spec.path("nodeAllocatableUpdatePeriodSeconds");
      if (period.isNumber() && period.asLong() < 10) {
        errors.invalid(
            FieldPath.SPEC,
            "nodeAllocatableUpdatePeriodSeconds",
            period.asLong(),
            "must be greater than or equal to 10 seconds");
      }
      if (Nodes.set(spec, "serviceAccountTokenInSecrets") && !Nodes.has(spec, "tokenRequests")) {
        errors.invalid(
            FieldPath.SPEC,
            "serviceAccountTokenInSecrets",
            spec.path("serviceAccountTokenInSecrets").asBoolean(),
            "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
      }
    }

    private static void tokens(JsonNode requests, FieldErrors errors) {
      Set<String> audiences = new HashSet<>();
      int i = 0;
      for (JsonNode request : requests) {
        FieldPath at = FieldPath.SPEC.child("tokenRequests").index(i++);
        String audience = Nodes.text(request, "audience");
        if (!audiences.add(audience)) {
          errors.duplicate(at, "audience", audience);
          continue;
        }
        long seconds = request.path("expirationSeconds").asLong(SHORTEST_TOKEN);
        if (seconds < SHORTEST_TOKEN) {
          errors.invalid(
              at, "expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
        }
        if (seconds > LONGEST_TOKEN) {
          errors.invalid(
              at,
              "expirationSeconds",
              seconds,
              "may not specify a duration larger than 2^32 seconds");
        }
      }
    }

    /** The first path is upstream's, though the field has another name. */
    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      JsonNode spec = now.path("spec");
      JsonNode old = before.path("spec");
      if (!Nodes.same(spec, old, "attachRequired")) {
        errors.invalid(
            FieldPath.SPEC,
            "attachedRequired",
            spec.path("attachRequired").asBoolean(),
            "field is immutable");
      }
      MetaRules.immutable(spec, old, FieldPath.SPEC, "volumeLifecycleModes", errors);
    }
  }

  static final class Node implements KindRules {
    private static final FieldPath DRIVERS = FieldPath.SPEC.child("drivers");
    private static final int MOST_NODE_ID = 256;

    @Override
    public void check(ObjectNode node, FieldErrors errors) {
      Set<String> names = new HashSet<>();
      int i = 0;
      for (JsonNode driver : node.path("spec").path("drivers")) {
        FieldPath at = DRIVERS.index(i++);
        String name = Nodes.text(driver, "name");
        driverName(name, at.child("name"), errors);
        String id = Nodes.text(driver, "nodeID");
        if (id.isEmpty()) {
          errors.required(at, "nodeID");
        }
        if (id.getBytes(StandardCharsets.UTF_8).length > MOST_NODE_ID) {
          errors.invalid(at, "nodeID", id, "must be " + MOST_NODE_ID + " characters or less");
        }
        int count = driver.path("allocatable").path("count").asInt(0);
        if (count < 0) {
          errors.invalid(
              at.child("allocatable"), "count", count, "must be greater than or equal to 0");
        }
        if (!names.add(name)) {
          errors.duplicate(at, "name", name);
        }
        topology(driver, at, errors);
      }
    }

    private static void topology(JsonNode driver, FieldPath at, FieldErrors errors) {
      Set<String> keys = new HashSet<>();
      for (JsonNode k : driver.path("topologyKeys")) {
        String key = k.asText();
        if (key.isEmpty()) {
          errors.required(at, "");
        }
        if (!keys.add(key)) {
          errors.duplicate(at, "", key);
        }
        errors.invalid(at, "", key, NameRules.qualifiedName(key));
      }
    }

    /** A driver comes and goes as a whole; only how many volumes it can have may change. */
    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      for (JsonNode old : before.path("spec").path("drivers")) {
        for (JsonNode driver : now.path("spec").path("drivers")) {
          if (Nodes.text(old, "name").equals(Nodes.text(driver, "name"))) {
            ObjectNode was = fixed(old);
            ObjectNode is = fixed(driver);
            if (!Trees.equal(is, was)) {
              errors.invalid(DRIVERS, "", is, "field is immutable");
            }
          }
        }
      }
    }

    private static ObjectNode fixed(JsonNode driver) {
      ObjectNode out = Nodes.copy(driver);
      out.remove("allocatable");
      if (!Nodes.has(out, "topologyKeys")) {
        out.remove("topologyKeys");
      }
      return out;
    }
  }

  static final class Capacity implements KindRules {
    @Override
    public void check(ObjectNode capacity, FieldErrors errors) {
      check(capacity, false, errors);
    }

    @Override
    public void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
      check(now, SelectorRules.isWrong(before.path("nodeTopology")), errors);
      checkUpdate(now, before, errors);
    }

    private static void check(ObjectNode capacity, boolean anyValue, FieldErrors errors) {
      FieldPath topology = FieldPath.ROOT.child("nodeTopology");
      SelectorRules.label(capacity.path("nodeTopology"), topology, anyValue, errors);
      String name = Nodes.text(capacity, "storageClassName");
      errors.invalid(FieldPath.ROOT, "storageClassName", name, NameRules.dnsSubdomain(name));
      BigDecimal amount = Nodes.quantity(capacity.path("capacity"));
      if (amount != null && amount.signum() < 0) {
        errors.invalid(
            FieldPath.ROOT,
            "capacity",
            Nodes.text(capacity, "capacity"),
            "must be greater than or equal to 0");
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      MetaRules.immutable(now, before, FieldPath.ROOT, "nodeTopology", errors);
      MetaRules.immutable(now, before, FieldPath.ROOT, "storageClassName", errors);
    }
  }

  static final class Attachment implements KindRules {
    private static final int MOST_METADATA = 256 << 10;
    private static final int MOST_MESSAGE = 1024;

    @Override
    public void check(ObjectNode attachment, FieldErrors errors) {
      JsonNode spec = attachment.path("spec");
      if (!Nodes.has(spec, "attacher")) {
        errors.required(FieldPath.SPEC, "attacher");
      }
      source(spec.path("source"), FieldPath.SPEC.child("source"), errors);
      String node = Nodes.text(spec, "nodeName");
      errors.invalid(FieldPath.SPEC, "nodeName", node, NameRules.dnsSubdomain(node));
      JsonNode status = attachment.path("status");
      if (StorageClassRules.bytes(status.path("attachmentMetadata")) > MOST_METADATA) {
        errors.tooLong(FieldPath.STATUS, "attachmentMetadata", MOST_METADATA);
      }
      failure(status.path("attachError"), FieldPath.STATUS.child("attachError"), errors);
      failure(status.path("detachError"), FieldPath.STATUS.child("detachError"), errors);
    }

    private static void source(JsonNode source, FieldPath path, FieldErrors errors) {
      boolean inline = Nodes.set(source, "inlineVolumeSpec");
      boolean named = Nodes.set(source, "persistentVolumeName");
      if (inline == named) {
        String words = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
        if (inline) {
          errors.forbidden(path, "", words);
        } else {
          errors.required(path, "", words);
        }
      } else if (inline) {
        PersistentVolumeRules.inline(
            source.path("inlineVolumeSpec"), path.child("inlineVolumeSpec"), errors);
      } else if (Nodes.text(source, "persistentVolumeName").isEmpty()) {
        errors.required(
            path, "persistentVolumeName", "must specify non empty persistentVolumeName");
      }
    }

    /** Says how long a message of the status may be as upstream does: with the other limit. */
    private static void failure(JsonNode failure, FieldPath path, FieldErrors errors) {
      String message = Nodes.text(failure, "message");
      if (message.getBytes(StandardCharsets.UTF_8).length > MOST_MESSAGE) {
        errors.tooLong(path, "message", MOST_METADATA);
      }
      int code = failure.path("errorCode").asInt(0);
      if (code < 0) {
        errors.invalid(
            path, "errorCode", code, "must be between 0 and " + Integer.MAX_VALUE + ", inclusive");
      }
    }

    @Override
    public void checkCreate(ObjectNode attachment, FieldErrors errors) {
      JsonNode spec = attachment.path("spec");
      driverName(Nodes.text(spec, "attacher"), FieldPath.SPEC.child("attacher"), errors);
      JsonNode source = spec.path("source");
      if (Nodes.set(source, "persistentVolumeName")) {
        String name = Nodes.text(source, "persistentVolumeName");
        errors.invalid(
            FieldPath.SPEC.child("source"),
            "persistentVolumeName",
            name,
            NameRules.dnsSubdomain(name));
      }
    }

    @Override
    public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
      if (!Trees.equal(now.path("spec"), before.path("spec"))) {
        errors.invalid(FieldPath.ROOT, "spec", now.path("spec"), "field is immutable");
      }
    }

    @Override
    public void checkSubresource(
        String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
      check(now, errors);
    }
  }
}
