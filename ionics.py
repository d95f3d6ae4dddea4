"""The public face of the IONICS Backbone: what agencies and consumers import."""

if __name__ == "__main__":
    from cli.main import main

    main()
