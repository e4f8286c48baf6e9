package scenario

// overlay returns the tree of a file changed as its mutant says: cases are
// replaced, hosts and programs merged key by key, steps found by their label.
func overlay(tree, change *node, p *problems) *node {
	out := *tree
	out.pairs = nil
	for _, kv := range tree.pairs {
		patch := change.get(kv.key.text)
		switch {
		case kv.key.text == "mutant":
			continue
		case patch == nil:
		case kv.key.text == "cases":
			kv.value = patch
		case kv.key.text == "steps":
			kv.value = overlaySteps(kv.value, patch, p)
		default:
			if kv.key.text == "hosts" {
				onlyKnown(kv.value, patch, p)
			}
			kv.value = merge(kv.value, patch, p)
		}
		out.pairs = append(out.pairs, kv)
	}
	for _, kv := range change.pairs {
		if kv.key.text != "because" && tree.get(kv.key.text) == nil {
			p.add(kv.key.line, kv.key.column, "the mutant changes %q, which the scenario does not have", kv.key.text)
		}
	}
	return &out
}

// onlyKnown refuses hosts that the scenario does not have: an added one would
// change nothing.
func onlyKnown(old, patch *node, p *problems) {
	for _, kv := range patch.pairs {
		if old.get(kv.key.text) == nil {
			var known []string
			for _, have := range old.pairs {
				known = append(known, have.key.text)
			}
			p.add(kv.key.line, kv.key.column, "there is no %q to change: %s", kv.key.text, instead(kv.key.text, known))
		}
	}
}

// merge replaces and adds keys; a key with null is removed. If that was the
// verb of a step, the new keys come first.
func merge(old, patch *node, p *problems) *node {
	if old.kind != mapping || patch.kind != mapping {
		return patch
	}
	out := *old
	out.pairs = nil
	verbGone := false
	for _, kv := range old.pairs {
		with := patch.get(kv.key.text)
		switch {
		case with == nil:
		case with.kind == nothing:
			verbGone = verbGone || isVerb(kv.key.text)
			continue
		default:
			kv.value = merge(kv.value, with, p)
		}
		out.pairs = append(out.pairs, kv)
	}
	var added []pair
	for _, kv := range patch.pairs {
		switch {
		case old.get(kv.key.text) != nil:
		case kv.value.kind == nothing:
			p.add(kv.key.line, kv.key.column, "there is no %q that could be removed", kv.key.text)
		default:
			added = append(added, kv)
		}
	}
	if verbGone {
		out.pairs = append(added, out.pairs...)
	} else {
		out.pairs = append(out.pairs, added...)
	}
	return &out
}

func overlaySteps(steps, patch *node, p *problems) *node {
	if steps.kind != list || patch.kind != mapping {
		p.add(patch.line, patch.column, "the steps of a mutant are a mapping of labels to changes")
		return steps
	}
	out := *steps
	out.items = nil
	found := map[string]bool{}
	var labels []string
	for _, step := range steps.items {
		label := step.get("label")
		if label != nil {
			labels = append(labels, label.text)
			if change := patch.get(label.text); change != nil {
				found[label.text] = true
				if change.kind == nothing {
					continue
				}
				step = merge(step, change, p)
			}
		}
		out.items = append(out.items, step)
	}
	for _, kv := range patch.pairs {
		if !found[kv.key.text] {
			p.add(kv.key.line, kv.key.column, "no step is labelled %q: %s", kv.key.text, instead(kv.key.text, labels))
		}
	}
	return &out
}
