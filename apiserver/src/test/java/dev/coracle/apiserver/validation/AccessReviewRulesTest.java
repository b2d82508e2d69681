package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccessReviewRulesTest {

  private static final String GROUP = "authorization.k8s.io";
  private static final Judge SUBJECT = Judge.of(GROUP, "subjectaccessreviews");
  private static final Judge LOCAL = Judge.of(GROUP, "localsubjectaccessreviews");
  private static final Judge SELF = Judge.of(GROUP, "selfsubjectaccessreviews");
  private static final String VERB = "'resourceAttributes':{'verb':'get'}";

  private static String spec(String spec) {
    return "{'metadata':{'creationTimestamp':null},'spec':{" + spec + "}}";
  }

  @Test
  void oneQuestionAboutSomebody() {
    assertThat(SUBJECT.create(spec(VERB + ",'user':'u'"))).isEmpty();
    assertThat(SUBJECT.create(spec("'nonResourceAttributes':{},'groups':['g']"))).isEmpty();
    assertThat(SELF.create(spec(VERB))).isEmpty();
    assertThat(SUBJECT.create(spec("")))
        .containsExactly(
            "spec.resourceAttributes: Invalid value: \"null\": exactly one of"
                + " nonResourceAttributes or resourceAttributes must be specified",
            "spec.user: Invalid value: \"\": at least one of user or group must be specified");
    assertThat(SELF.create(spec(VERB + ",'nonResourceAttributes':{'path':'/'}")))
        .containsExactly(
            "spec.nonResourceAttributes: Invalid value: {\"path\":\"/\"}: cannot be specified in"
                + " combination with resourceAttributes");
    assertThat(SELF.create("{'metadata':{'name':'n'},'spec':{" + VERB + "}}"))
        .containsExactly("metadata: Invalid value: {\"name\":\"n\"}: must be empty");
  }

  @Test
  void localReviewsAreAboutTheirNamespace() {
    String in = "{'metadata':{'namespace':'d'},'spec':{'user':'u',%s}}";
    assertThat(LOCAL.create(in.formatted("'resourceAttributes':{'namespace':'d'}"))).isEmpty();
    assertThat(LOCAL.create(in.formatted("'resourceAttributes':{'namespace':'e'}")))
        .containsExactly(
            "spec.resourceAttributes.namespace: Invalid value: \"e\": must match"
                + " metadata.namespace");
    assertThat(LOCAL.create(in.formatted("'nonResourceAttributes':{'path':'/'}")))
        .containsExactly(
            "spec.nonResourceAttributes: Invalid value: {\"path\":\"/\"}: disallowed on this kind"
                + " of request");
    assertThat(
            LOCAL.create(
                in.formatted("'resourceAttributes':{'namespace':'d'}")
                    .replace("'namespace':'d'}", "'namespace':'d','name':'n'}")))
        .hasSize(1)
        .allMatch(p -> p.endsWith("must be empty except for namespace"));
  }

  @Test
  void selectors() {
    String attributes = "'resourceAttributes':{'fieldSelector':%s,'labelSelector':%s}";
    String at = "spec.resourceAttributes.";
    assertThat(
            SELF.create(
                spec(
                    attributes.formatted(
                        "{'requirements':[{'key':'metadata.name','operator':'Like'}]}",
                        "{'rawSelector':'a=b'}"))))
        .isEmpty();
    assertThat(
            SELF.create(
                spec(
                    attributes.formatted(
                        "{}",
                        "{'rawSelector':'a','requirements':[{'key':'a b','operator':'In'},"
                            + "{'key':'a','operator':'Exists','values':['b']}]}"))))
        .contains(
            at
                + "fieldSelector.requirements: Required value: when"
                + " spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector"
                + " is required",
            at
                + "labelSelector.rawSelector: Invalid value: \"a\": may not specified at the same"
                + " time as requirements",
            at
                + "labelSelector.requirements[0].values: Required value: must be specified when"
                + " `operator` is 'In' or 'NotIn'",
            at
                + "labelSelector.requirements[1].values: Forbidden: may not be specified when"
                + " `operator` is 'Exists' or 'DoesNotExist'")
        .hasSize(5);
    assertThat(
            SELF.create(
                spec("'resourceAttributes':{'fieldSelector':{'requirements':[{'operator':'X'}]}}")))
        .containsExactly(
            at + "fieldSelector.requirements[0].key: Required value: must be specified");
  }
}
