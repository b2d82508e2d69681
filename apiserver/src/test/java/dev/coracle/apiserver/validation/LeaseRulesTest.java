package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Leases, their candidates, and migrations of storage. */
class LeaseRulesTest {

  private static final Judge LEASES = Judge.of("coordination.k8s.io", "leases");
  private static final Judge CANDIDATES = Judge.of("coordination.k8s.io", "leasecandidates");
  private static final Judge MIGRATIONS =
      Judge.of("storagemigration.k8s.io", "storageversionmigrations");

  private static String in(String spec) {
    return "{'metadata':{'name':'n','namespace':'d'},'spec':{" + spec + "}}";
  }

  @Test
  void leases() {
    assertThat(LEASES.create(in("'holderIdentity':'','leaseDurationSeconds':1"))).isEmpty();
    assertThat(LEASES.create(in("'strategy':'example.com/mine','preferredHolder':'h'"))).isEmpty();
    assertThat(
            LEASES.create(
                in("'leaseDurationSeconds':0,'leaseTransitions':-1,'preferredHolder':'h'")))
        .containsExactly(
            "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
            "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
            "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined");
    assertThat(LEASES.create(in("'strategy':'mine'")))
        .containsExactly(
            "spec.strategy.strategy: Unsupported value: \"mine\": supported values:"
                + " \"OldestEmulationVersion\"");
  }

  @Test
  void candidates() {
    String spec =
        "'leaseName':'l','binaryVersion':'%s','emulationVersion':'%s',"
            + "'strategy':'OldestEmulationVersion'";
    String good = in(spec.formatted("1.36.0", "1.35.0"));
    assertThat(CANDIDATES.create(good)).isEmpty();
    assertThat(CANDIDATES.create(good.replace("'n'", "'A_b'"))).isEmpty();
    assertThat(CANDIDATES.create(in("")))
        .containsExactly(
            "spec.leaseName: Required value",
            "spec.binaryVersion: Required value",
            "spec.strategy: Required value");
    assertThat(CANDIDATES.create(in(spec.formatted("1.36", "1.35.0"))))
        .containsExactly(
            "spec.binaryVersion: Invalid value: \"1.36\": must be a valid semantic version",
            "spec.binaryVersion: Invalid value: \"1.36\": must be greater than or equal to"
                + " `emulationVersion`");
    assertThat(CANDIDATES.create(in(spec.formatted("1.36.0-rc.1", "1.36.0"))))
        .containsExactly(
            "spec.binaryVersion: Invalid value: \"1.36.0-rc.1\": must be greater than or equal to"
                + " `emulationVersion`");
    assertThat(CANDIDATES.create(in(spec.formatted("1.36.0", ""))))
        .containsExactly(
            "spec.emulationVersion: Required value: must be specified when `strategy` is"
                + " 'OldestEmulationVersion'");
    assertThat(CANDIDATES.update(good, good.replace("'l'", "'m'")))
        .containsExactly("spec.leaseName: Invalid value: \"m\": field is immutable");
  }

  private static String migration(String group, String resource) {
    return "{'metadata':{'name':'n'},'spec':{'resource':{'group':'"
        + group
        + "','resource':'"
        + resource
        + "'}}}";
  }

  @Test
  void migrations() {
    String good = migration("apps", "deployments");
    assertThat(MIGRATIONS.create(good)).isEmpty();
    assertThat(MIGRATIONS.create(migration("", "")))
        .containsExactly("spec.resource.resource: Required value: resource is required to be set");
    assertThat(MIGRATIONS.create(migration("A", "1a")))
        .hasSize(2)
        .anyMatch(p -> p.startsWith("spec.resource.resource: Invalid value: \"1a\": a DNS-1035"))
        .anyMatch(p -> p.startsWith("spec.resource.group: Invalid value: \"A\": a lowercase RFC"));
    assertThat(MIGRATIONS.update(good, migration("apps", "replicasets")))
        .singleElement()
        .asString()
        .startsWith("spec: Invalid value: {")
        .endsWith("}: field is immutable");
  }

  private static String status(String version, String... conditions) {
    StringBuilder out = new StringBuilder();
    for (String type : conditions) {
      out.append(out.isEmpty() ? "" : ",")
          .append("{'type':'")
          .append(type)
          .append("','status':'True','reason':'R','lastTransitionTime':'2026-01-01T00:00:00Z'}");
    }
    return migration("apps", "deployments")
        .replaceFirst(
            "}$", ",'status':{'resourceVersion':'" + version + "','conditions':[" + out + "]}}");
  }

  @Test
  void whatBecomesOfMigrations() {
    String none = migration("apps", "deployments");
    assertThat(MIGRATIONS.update(none, status("7", "Running"), "status")).isEmpty();
    for (String version : new String[] {"07", "0", "", "x"}) {
      assertThat(MIGRATIONS.update(none, status(version), "status"))
          .containsExactly(
              "status.resourceVersion: Invalid value: \"%s\": resource version is not well formed: %s"
                  .formatted(version, version));
    }
    assertThat(MIGRATIONS.update(status("7"), status("8"), "status"))
        .containsExactly("status.resourceVersion: Invalid value: \"8\": field is immutable");
    assertThat(MIGRATIONS.update(none, status("7", "Succeeded", "Failed", "Running"), "status"))
        .extracting(p -> p.substring(p.lastIndexOf(": ") + 2))
        .containsExactly(
            "Both success and failed conditions cannot be true at the same time",
            "Running condition cannot be true when success condition is true",
            "Running condition cannot be true when failed condition is true");
    assertThat(MIGRATIONS.update(status("7", "Succeeded"), status("7"), "status"))
        .singleElement()
        .asString()
        .endsWith("Success condition cannot be set to false once it is true");
    String bare = status("7", "A b").replace("'reason':'R',", "'reason':'1',");
    assertThat(MIGRATIONS.update(none, bare, "status"))
        .hasSize(2)
        .anyMatch(p -> p.startsWith("status.conditions[0].type: Invalid value: \"A b\": "))
        .anyMatch(p -> p.startsWith("status.conditions[0].reason: Invalid value: \"1\": "));
  }
}
