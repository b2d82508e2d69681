package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Annotations by which other programs go: that a pod mirrors a static one, and what it costs. */
class PodAnnotationRulesTest {
  private static final Judge PODS = Judge.of("", "pods");
  private static final String MIRROR = "metadata.annotations[kubernetes.io/config.mirror]: ";
  private static final String COST = "controller.kubernetes.io/pod-deletion-cost";
  private static final String SPEC = "'containers':[{'name':'c','image':'i'}]";

  private static String pod(String annotations, String spec) {
    return "{'metadata':{'name':'p','namespace':'d','annotations':{%s}},'spec':{%s%s}}"
        .formatted(annotations, SPEC, spec);
  }

  @Test
  void aMirrorIsBoundToItsNode() {
    assertThat(PODS.create(pod("'kubernetes.io/config.mirror':'x'", "")))
        .containsExactly(
            MIRROR
                + "Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set");
    assertThat(PODS.create(pod("'kubernetes.io/config.mirror':'x'", ",'nodeName':'n'"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'kubernetes.io/config.mirror':'x' | | may not remove or update mirror pod annotation",
        "'kubernetes.io/config.mirror':'x' | 'kubernetes.io/config.mirror':'y' | may not remove or"
            + " update mirror pod annotation",
        "'a':'b' | 'kubernetes.io/config.mirror':'x' | may not add mirror pod annotation",
      })
  void aPodBecomesNoMirrorNorStopsBeingOne(String before, String now, String why) {
    String old = pod(before, ",'nodeName':'n'");
    String next = pod(now == null ? "" : now, ",'nodeName':'n'");
    assertThat(PODS.update(old, next)).containsExactly(MIRROR + "Forbidden: " + why);
    assertThat(PODS.update(old, next, "status")).containsExactly(MIRROR + "Forbidden: " + why);
  }

  @Test
  void otherAnnotationsOfAMirrorMayChange() {
    String mirror = "'kubernetes.io/config.mirror':'x'";
    assertThat(
            PODS.update(
                pod(mirror + ",'a':'b'", ",'nodeName':'n'"),
                pod(mirror + ",'a':'c','d':'e'", ",'nodeName':'n'")))
        .isEmpty();
  }

  @Test
  void profilesOfAppArmorStay() {
    String profile = "'container.apparmor.security.beta.kubernetes.io/c':'%s'";
    String at =
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: Forbidden: ";
    assertThat(
            PODS.update(
                pod(profile.formatted("unconfined"), ""),
                pod(profile.formatted("runtime/default"), "")))
        .containsExactly(at + "may not remove or update AppArmor annotations");
    assertThat(PODS.update(pod("", ""), pod(profile.formatted("unconfined"), "")))
        .containsExactly(at + "may not add AppArmor annotations");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "+1", "01", "2147483648", "1.5"})
  void aCostIsANumber(String cost) {
    String annotation = "'" + COST + "':'" + cost + "'";
    String why = "[" + COST + "]: Invalid value: \"" + cost + "\": must be a 32bit integer";
    assertThat(PODS.create(pod(annotation, ""))).containsExactly("metadata.annotations" + why);
    assertThat(
            Judge.of("apps", "deployments")
                .create(
                    ("{'metadata':{'name':'p','namespace':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},"
                            + "'template':{'metadata':{'labels':{'a':'b'},'annotations':{%s}},'spec':{%s}}}}")
                        .formatted(annotation, SPEC)))
        .containsExactly("spec.template.annotations" + why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-5", "2147483647", "-2147483648"})
  void anyCostOf32BitsIsTaken(String cost) {
    assertThat(PODS.create(pod("'" + COST + "':'" + cost + "'", ""))).isEmpty();
  }
}
