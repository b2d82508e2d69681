package dev.coracle.proxy.internal.policy;

import dev.coracle.proxy.internal.nft.Nft;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One nftables table of the cluster's own. What an earlier process left goes on working until the
 * first model is there, and is replaced by it in one transaction.
 */
final class NftPolicyTable implements PolicyTable {

  private final Nft nft;
  private final PolicyWriter writer;

  /** What the kernel has; null where that is not known. */
  private @Nullable RuleModel applied;

  NftPolicyTable(Nft nft, String table) {
    this.nft = nft;
    this.writer = new PolicyWriter(table);
  }

  @Override
  public void apply(RuleModel model) throws IOException {
    RuleModel before = applied;
    String script = script(before, model);
    applied = null;
    if (!script.isEmpty()) {
      nft.change(script);
    }
    applied = model;
  }

  private String script(@Nullable RuleModel before, RuleModel model) {
    if (model.isEmpty()) {
      return before != null && before.isEmpty() ? "" : writer.removeTable();
    }
    return before == null || before.isEmpty()
        ? writer.replaceTable(model)
        : writer.change(before, model);
  }

  @Override
  public void remove() throws IOException {
    apply(RuleModel.EMPTY);
  }
}
