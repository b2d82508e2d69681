package dev.coracle.apiserver.internal.impersonation;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Decides whether a request may be made in another's name. The modes are tried one after the other;
 * where none allows it, the words are those of the first that was asked.
 */
public final class Impersonation {

  private static final String GROUP = "authentication.k8s.io";

  /** So many single questions and more are tried as one for all of them first. */
  private static final int MANY = 4;

  /**
   * Whom the request is made as.
   *
   * @param constraint the verb that allowed it, for the audit; empty in the old mode
   */
  public record Impersonated(UserInfo user, String constraint) {}

  private final Authorizer authorizer;
  private final ApiServerMetrics metrics;

  public Impersonation(Authorizer authorizer, ApiServerMetrics metrics) {
    this.authorizer = authorizer;
    this.metrics = metrics;
  }

  /**
   * Asks one way after the other.
   *
   * @param request as it was made
   * @return fails with {@code Forbidden}
   */
  public Uni<Impersonated> decide(WantedUser wanted, Attributes request) {
    return first(wanted, request, 0, List.of());
  }

  private Uni<Impersonated> first(
      WantedUser wanted, Attributes request, int from, List<Throwable> refusals) {
    for (int i = from; i < ImpersonationMode.values().length; i++) {
      ImpersonationMode mode = ImpersonationMode.values()[i];
      if (mode.applies(wanted, request.user())) {
        int next = i + 1;
        return in(mode, wanted, request)
            .invoke(() -> metrics.impersonated(mode.word(), true))
            .onFailure(StatusException::isForbidden)
            .recoverWithUni(refusal -> {
              List<Throwable> all = new ArrayList<>(refusals);
              all.add(refusal);
              return first(wanted, request, next, all);
            });
      }
    }
    metrics.impersonated("", false);
    return Uni.createFrom().failure(refusals.getFirst());
  }

  private Uni<Impersonated> in(ImpersonationMode mode, WantedUser wanted, Attributes request) {
    Question question = new Question(mode, requestor(mode, request.user()));
    Uni<Void> allowed =
        mode.isConstrained()
            ? question.require(on(request, question.requestor(), mode))
            : Uni.createFrom().voidItem();
    return allowed
        .chain(() -> question.name(wanted))
        .chain(() -> question.uid(wanted.uid()))
        .chain(() -> question.groups(wanted.groups()))
        .chain(() -> question.extra(wanted.extra()))
        .map(_ -> new Impersonated(user(mode, wanted), mode.isConstrained() ? mode.verb() : ""));
  }

  /** Of a pod's account only what it knows of, so that what holds for one pod does for all. */
  private static UserInfo requestor(ImpersonationMode mode, UserInfo who) {
    return mode == ImpersonationMode.ASSOCIATED_NODE
        ? new UserInfo(
            who.name(),
            who.uid(),
            who.groups(),
            Map.of(
                "authentication.kubernetes.io/associated-node-keys",
                List.copyOf(new TreeSet<>(who.extra().keySet()))))
        : who;
  }

  private static Attributes on(Attributes request, UserInfo requestor, ImpersonationMode mode) {
    return new Attributes(
        requestor,
        request.resourceRequest(),
        mode.verbOn(request.verb()),
        request.group(),
        request.version(),
        request.resource(),
        request.subresource(),
        request.namespace(),
        request.name(),
        request.path(),
        request.fieldSelector(),
        request.labelSelector());
  }

  private static UserInfo user(ImpersonationMode mode, WantedUser wanted) {
    List<String> groups = new ArrayList<>(wanted.groups());
    if (groups.isEmpty()) {
      if (mode.isConstrained() && wanted.node().isPresent()) {
        groups.add(UserInfo.NODES);
      }
      wanted
          .account()
          .ifPresent(account -> {
            groups.add(UserInfo.SERVICE_ACCOUNTS);
            groups.add(UserInfo.SERVICE_ACCOUNTS + ":" + account.namespace());
          });
    }
    String all =
        wanted.name().equals(UserInfo.ANONYMOUS.name())
            ? UserInfo.UNAUTHENTICATED
            : UserInfo.AUTHENTICATED;
    if (!groups.contains(all) && !groups.contains(UserInfo.UNAUTHENTICATED)) {
      groups.add(all);
    }
    return new UserInfo(wanted.name(), wanted.uid(), groups, wanted.extra());
  }

  /** What is asked in one mode. */
  private final class Question {

    private final ImpersonationMode mode;
    private final UserInfo requestor;

    Question(ImpersonationMode mode, UserInfo requestor) {
      this.mode = mode;
      this.requestor = requestor;
    }

    UserInfo requestor() {
      return requestor;
    }

    Uni<Void> name(WantedUser wanted) {
      var account = wanted.account();
      if (account.isPresent()) {
        return require(core("serviceaccounts", account.get().namespace(), account.get().name()));
      }
      var node = wanted.node();
      if (mode.isConstrained() && node.isPresent()) {
        boolean own = mode == ImpersonationMode.ASSOCIATED_NODE;
        return require(core("nodes", "", own ? "*" : node.get()));
      }
      return require(core("users", "", wanted.name()));
    }

    Uni<Void> uid(String uid) {
      return uid.isEmpty() ? Uni.createFrom().voidItem() : require(asked("uids", "", "", uid));
    }

    Uni<Void> groups(List<String> groups) {
      if (mode.isConstrained()) {
        if (groups.contains("")) {
          throw core("groups", "", "")
              .forbidden("impersonating the empty string group is not allowed");
        }
        if (groups.contains(UserInfo.MASTERS)) {
          throw core("groups", "", UserInfo.MASTERS)
              .forbidden("impersonating the system:masters group is not allowed");
        }
      }
      return all(groups.stream().map(g -> core("groups", "", g)).toList(), core("groups", "", "*"));
    }

    Uni<Void> extra(Map<String, List<String>> extra) {
      if (extra.isEmpty()) {
        return Uni.createFrom().voidItem();
      }
      if (mode.isConstrained()) {
        ExtraRules.problem(extra)
            .ifPresent(problem -> {
              throw asked("userextras", "", "", "").forbidden(problem);
            });
      }
      List<Attributes> each = new ArrayList<>();
      extra.forEach(
          (key, values) -> values.forEach(value -> each.add(asked("userextras", key, "", value))));
      return all(each, asked("userextras", "*", "", "*"));
    }

    /** One after the other; many of them first by one question for all. */
    private Uni<Void> all(List<Attributes> each, Attributes any) {
      Uni<Void> singly = Uni.createFrom().voidItem();
      for (Attributes one : each) {
        singly = singly.chain(() -> require(one));
      }
      Uni<Void> otherwise = singly;
      return mode.isConstrained() && each.size() >= MANY
          ? require(any).onFailure(StatusException::isForbidden).recoverWithUni(() -> otherwise)
          : singly;
    }

    /** The old mode knows these in the core group. */
    private Attributes core(String resource, String namespace, String name) {
      return mode.isConstrained()
          ? asked(resource, "", namespace, name)
          : Attributes.resource(requestor, mode.verb(), "", resource, "", namespace, name)
              .ofVersion("v1");
    }

    private Attributes asked(String resource, String subresource, String namespace, String name) {
      return Attributes.resource(
              requestor, mode.verb(), GROUP, resource, subresource, namespace, name)
          .ofVersion("v1");
    }

    Uni<Void> require(Attributes attributes) {
      return authorizer
          .ask(attributes)
          .invoke(decision -> {
            metrics.impersonationAsked(mode.word(), decision.allowed());
            if (!decision.allowed()) {
              throw attributes.forbidden(decision.reason());
            }
          })
          .replaceWithVoid();
    }
  }
}
