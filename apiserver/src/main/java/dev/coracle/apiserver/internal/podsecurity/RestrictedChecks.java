package dev.coracle.apiserver.internal.podsecurity;

import static dev.coracle.apiserver.internal.podsecurity.BaselineChecks.violation;
import static dev.coracle.apiserver.internal.podsecurity.PodView.context;
import static dev.coracle.apiserver.internal.podsecurity.PodView.plural;
import static dev.coracle.apiserver.internal.podsecurity.PodView.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.internal.podsecurity.Check.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** What the level restricted forbids beyond baseline, in upstream's words. */
final class RestrictedChecks {

  private static final Set<String> VOLUMES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "image",
          "persistentVolumeClaim",
          "projected",
          "secret");
  private static final Set<String> CAPABILITIES = Set.of("NET_BIND_SERVICE");

  private RestrictedChecks() {}

  /** By their ids. */
  static List<Check> all() {
    return List.of(
        new Check(
            "allowPrivilegeEscalation",
            List.of(
                new Version(8, RestrictedChecks::escalation),
                new Version(25, beyondWindows(RestrictedChecks::escalation))),
            List.of()),
        new Check(
            "capabilities_restricted",
            List.of(
                new Version(22, RestrictedChecks::capabilities),
                new Version(25, beyondWindows(RestrictedChecks::capabilities))),
            List.of(BaselineChecks.CAPABILITIES)),
        new Check(
            "procMount_restricted",
            List.of(new Version(35, BaselineChecks::procMount)),
            List.of(BaselineChecks.PROC_MOUNT)),
        new Check(
            "restrictedVolumes",
            List.of(new Version(0, RestrictedChecks::volumes)),
            List.of(BaselineChecks.HOST_PATHS)),
        new Check(
            "runAsNonRoot",
            List.of(
                new Version(0, RestrictedChecks::nonRoot),
                new Version(35, beyondOwnUsers(RestrictedChecks::nonRoot))),
            List.of()),
        new Check(
            "runAsUser",
            List.of(
                new Version(23, RestrictedChecks::user),
                new Version(35, beyondOwnUsers(RestrictedChecks::user))),
            List.of()),
        new Check(
            "seccompProfile_restricted",
            List.of(
                new Version(19, RestrictedChecks::seccomp),
                new Version(25, beyondWindows(RestrictedChecks::seccomp))),
            List.of(BaselineChecks.SECCOMP)));
  }

  private static Function<PodView, Optional<Violation>> beyondWindows(
      Function<PodView, Optional<Violation>> test) {
    return pod -> pod.isWindows() ? Optional.empty() : test.apply(pod);
  }

  private static Function<PodView, Optional<Violation>> beyondOwnUsers(
      Function<PodView, Optional<Violation>> test) {
    return pod -> pod.hasOwnUsers() ? Optional.empty() : test.apply(pod);
  }

  private static Optional<Violation> escalation(PodView pod) {
    List<String> names =
        pod.having(c -> context(c).path("allowPrivilegeEscalation").asBoolean(true));
    return violation(
        !names.isEmpty(),
        "allowPrivilegeEscalation != false",
        PodView.containers(names) + " must set securityContext.allowPrivilegeEscalation=false");
  }

  private static Optional<Violation> capabilities(PodView pod) {
    List<String> keeping =
        pod.having(c -> {
          for (JsonNode dropped : context(c).path("capabilities").path("drop")) {
            if (dropped.asText("").equals("ALL")) {
              return false;
            }
          }
          return true;
        });
    List<String> details = new ArrayList<>();
    if (!keeping.isEmpty()) {
      details.add(
          PodView.containers(keeping) + " must set securityContext.capabilities.drop=[\"ALL\"]");
    }
    BaselineChecks.addedBeside(pod, CAPABILITIES).ifPresent(details::add);
    return violation(!details.isEmpty(), "unrestricted capabilities", String.join("; ", details));
  }

  private static Optional<Violation> volumes(PodView pod) {
    List<String> names = new ArrayList<>();
    Set<String> types = new TreeSet<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      String type = "unknown";
      for (var field : volume.properties()) {
        if (!field.getKey().equals("name")) {
          type = field.getKey();
        }
      }
      if (!VOLUMES.contains(type)) {
        names.add(volume.path("name").asText(""));
        types.add(type);
      }
    }
    return violation(
        !names.isEmpty(),
        "restricted volume types",
        plural("volume", "volumes", names.size())
            + " "
            + quoted(names)
            + " "
            + plural("uses", "use", names.size())
            + " "
            + plural("restricted volume type", "restricted volume types", types.size())
            + " "
            + quoted(types));
  }

  private static Optional<Violation> nonRoot(PodView pod) {
    JsonNode own = pod.context().path("runAsNonRoot");
    boolean covered = own.asBoolean(false);
    String who =
        PodView.setters(
            own.isBoolean() && !covered,
            pod.having(c -> {
              JsonNode set = context(c).path("runAsNonRoot");
              return set.isBoolean() && !set.asBoolean();
            }));
    String reason = "runAsNonRoot != true";
    if (!who.isEmpty()) {
      return violation(true, reason, who + " must not set securityContext.runAsNonRoot=false");
    }
    List<String> silent =
        covered ? List.of() : pod.having(c -> !context(c).path("runAsNonRoot").isBoolean());
    return violation(
        !silent.isEmpty(),
        reason,
        "pod or " + PodView.containers(silent) + " must set securityContext.runAsNonRoot=true");
  }

  private static Optional<Violation> user(PodView pod) {
    String who = PodView.setters(isRoot(pod.context()), pod.having(c -> isRoot(context(c))));
    return violation(!who.isEmpty(), "runAsUser=0", who + " must not set runAsUser=0");
  }

  private static boolean isRoot(JsonNode context) {
    return context.path("runAsUser").asLong(-1) == 0;
  }

  private static Optional<Violation> seccomp(PodView pod) {
    Optional<Violation> explicit = BaselineChecks.seccomp(pod);
    if (explicit.isPresent() || pod.context().path("seccompProfile").isObject()) {
      return explicit;
    }
    List<String> silent = pod.having(c -> !context(c).path("seccompProfile").isObject());
    return violation(
        !silent.isEmpty(),
        "seccompProfile",
        "pod or "
            + PodView.containers(silent)
            + " must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
            + " \"Localhost\"");
  }
}
