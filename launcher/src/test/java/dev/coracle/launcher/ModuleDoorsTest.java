package dev.coracle.launcher;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.coracle.client.Client;
import dev.coracle.client.RestClient;

/** A module is a room with one door: what is internal to one, no other one touches. */
@AnalyzeClasses(packages = "dev.coracle", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleDoorsTest {

  @ArchTest
  static final ArchRule INTERNALS_STAY_INSIDE =
      classes()
          .should(
              new ArchCondition<JavaClass>("use no other module's internals") {
                @Override
                public void check(JavaClass user, ConditionEvents events) {
                  for (Dependency dependency : user.getDirectDependenciesFromSelf()) {
                    JavaClass used = dependency.getTargetClass();
                    if (isInternal(used) && !module(used).equals(module(user))) {
                      events.add(
                          SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                    }
                  }
                }
              });

  @ArchTest
  static final ArchRule COMPONENTS_KNOW_ONLY_THE_CLIENT =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.coracle.scheduler..",
              "dev.coracle.controllers..",
              "dev.coracle.kubelet..",
              "dev.coracle.proxy..",
              "dev.coracle.coredns..",
              "dev.coracle.ingress..",
              "dev.coracle.logs..",
              "dev.coracle.metrics..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.coracle.apiserver..", "dev.coracle.watchhub..");

  /** ADR 270, and 285 for calls to aggregated APIs. */
  @ArchTest
  static final ArchRule THE_API_SERVER_KNOWS_OF_THE_CLIENT_ONLY_HOW_IT_CALLS =
      noClasses()
          .that()
          .resideInAPackage("dev.coracle.apiserver..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.coracle.client..")
                  .and(not(resideInAPackage("dev.coracle.client.net..")))
                  .and(not(belongToAnyOf(Client.class, RestClient.class))));

  @ArchTest
  static final ArchRule EVENTS_AND_OBJECTS_ARE_RECORDS_OR_FINAL =
      classes()
          .that()
          .implement(dev.coracle.api.WatchEvent.class)
          .should(
              be(
                  com.tngtech.archunit.base.DescribedPredicate.describe(
                      "records", JavaClass::isRecord)));

  private static boolean isInternal(JavaClass c) {
    return c.getPackageName().startsWith("dev.coracle.")
        && c.getPackageName().contains(".internal");
  }

  /** The third part of a package's name. */
  private static String module(JavaClass c) {
    String[] parts = c.getPackageName().split("\\.");
    return parts.length > 2 ? parts[2] : "";
  }
}
