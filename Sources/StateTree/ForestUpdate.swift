/// What changes make of a store's tree.
package struct StateRootUpdate: Sendable {
    /// What a change replaced.
    struct Undone: Sendable {
        /// The shard in which its key lies.
        var shard: Int
        var row: ForestUndo.Row
    }

    package let root: StateRoot
    package let work: TreeWork
    /// By rising place of the keys, without those that had the value before.
    let undone: [Undone]
}

/// What changes make of the stores.
package struct ForestUpdate: Sendable {
    package let forest: StoreForest
    package let work: TreeWork
    /// What leads back.
    package let undo: ForestUndo
}
