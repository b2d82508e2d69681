package dev.coracle.kubelet.internal.image.provider;

import dev.coracle.kubelet.config.CredentialProviders.CacheType;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import dev.coracle.kubelet.internal.image.CredentialServer;
import dev.coracle.kubelet.internal.image.ImageReference;
import dev.coracle.kubelet.internal.image.PullCredential.ServiceAccount;
import dev.coracle.kubelet.internal.image.PullCredential.Source;
import dev.coracle.kubelet.internal.image.provider.PluginResponse.Login;
import dev.coracle.kubelet.internal.image.provider.PodAccounts.Account;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One program, and what it has answered. Who asks the same while it runs gets the answer of that
 * run. Safe for any thread; blocks, so it is called on virtual threads.
 */
final class CredentialPlugin {

  /**
   * What a pod gets.
   *
   * @param source empty: the node has it, without regard to who the pod is
   */
  record Granted(Map<String, Login> logins, Optional<Source> source) {}

  /**
   * Whose answers are.
   *
   * @param podUid empty where every pod with the account may have them
   * @param token likewise
   */
  private record Owner(
      ServiceAccount account, Map<String, String> annotations, String podUid, String token) {}

  private record Key(String images, Optional<Owner> owner) {}

  private record Question(String image, Optional<Account> account) {}

  private static final String EVERY_IMAGE = "global";

  private final Provider provider;
  private final List<CredentialServer> servers;
  private final PodAccounts accounts;
  private final PluginProgram program;
  private final ExpiringCache<Key, Map<String, Login>> cache;
  private final Map<Question, CompletableFuture<Map<String, Login>>> running =
      new ConcurrentHashMap<>();

  CredentialPlugin(Provider provider, PodAccounts accounts, PluginProgram program, Clock clock) {
    this.provider = provider;
    this.servers = provider.matchImages().stream().map(CredentialServer::of).toList();
    this.accounts = accounts;
    this.program = program;
    this.cache = new ExpiringCache<>(clock);
  }

  String name() {
    return provider.name();
  }

  /**
   * Empty when it is not to be asked.
   *
   * @param image its full name
   * @throws PluginFailure
   */
  Optional<Granted> of(Pod pod, String image) {
    if (servers.stream().noneMatch(s -> s.fits(image))) {
      return Optional.empty();
    }
    Optional<Account> account = Optional.empty();
    if (provider.token().isPresent()) {
      TokenAttributes wanted = provider.token().get();
      String name = pod.spec().path("serviceAccountName").asText("");
      if (!name.isEmpty()) {
        account = accounts.of(pod, name, wanted);
      }
      if (account.isEmpty() && (wanted.accountRequired() || !name.isEmpty())) {
        return Optional.empty();
      }
    }
    Optional<Owner> owner = account.map(a -> owner(a, pod));
    Optional<Map<String, Login>> known = known(image, owner);
    Map<String, Login> logins =
        known.isPresent() ? known.get() : ask(new Question(image, account), owner);
    return Optional.of(new Granted(logins, account.map(Account::who)));
  }

  private Owner owner(Account account, Pod pod) {
    return new Owner(
        account.who(),
        account.annotations(),
        isTokensAlone() ? pod.uid() : "",
        isTokensAlone() ? account.token() : "");
  }

  private boolean isTokensAlone() {
    return provider.token().map(TokenAttributes::cacheType).equals(Optional.of(CacheType.TOKEN));
  }

  private Optional<Map<String, Login>> known(String image, Optional<Owner> owner) {
    return cache
        .get(new Key(image, owner))
        .or(() -> cache.get(new Key(ImageReference.registry(image), owner)))
        .or(() -> cache.get(new Key(EVERY_IMAGE, owner)));
  }

  private Map<String, Login> ask(Question question, Optional<Owner> owner) {
    CompletableFuture<Map<String, Login>> mine = new CompletableFuture<>();
    CompletableFuture<Map<String, Login>> other = running.putIfAbsent(question, mine);
    if (other != null) {
      return join(other);
    }
    try {
      // Another run may have ended between the look into the cache and here.
      mine.complete(known(question.image, owner).orElseGet(() -> run(question, owner)));
    } catch (PluginFailure e) {
      mine.completeExceptionally(e);
    } finally {
      running.remove(question, mine);
      mine.completeExceptionally(new PluginFailure("it could not be run"));
    }
    return join(mine);
  }

  private static Map<String, Login> join(CompletableFuture<Map<String, Login>> run) {
    try {
      return run.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof PluginFailure failure ? failure : e;
    }
  }

  private Map<String, Login> run(Question question, Optional<Owner> owner) {
    PluginResponse response = program.run(question.image, question.account);
    question.account.ifPresent(account -> checkEcho(response, account));
    Duration keep = response.cacheDuration().orElse(provider.cacheDuration());
    if (keep.isPositive()) {
      String images =
          switch (response.keyType()) {
            case IMAGE -> question.image;
            case REGISTRY -> ImageReference.registry(question.image);
            case GLOBAL -> EVERY_IMAGE;
          };
      cache.put(new Key(images, owner), response.auth(), keep);
    }
    return response.auth();
  }

  /** A pod's token must not be shown for other pods. */
  private void checkEcho(PluginResponse response, Account account) {
    if (!isTokensAlone()
        && response.auth().values().stream().anyMatch(l -> l.password().equals(account.token()))) {
      throw new PluginFailure(
          "it returned the service account token as the password, which is not allowed when"
              + " service account cache type is not set to 'Token'");
    }
  }
}
